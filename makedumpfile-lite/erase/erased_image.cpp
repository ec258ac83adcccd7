// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/erase/erased_image.h"

#include "makedumpfile-lite/erase/config_symbols.h"
#include "makedumpfile-lite/source/wrapped_image.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

class ErasedReader final : public MemoryReader {
  public:
    ErasedReader(std::unique_ptr<MemoryReader> inner, const std::vector<ErasedRange>& ranges)
        : inner_(std::move(inner)), ranges_(ranges) {}

    Result<Bytes> view(std::uint64_t paddr, std::size_t size) override {
        auto bytes = inner_->view(paddr, size);
        if (!bytes)
            return bytes;
        const std::uint64_t end = paddr + size;
        auto range = std::partition_point(ranges_.begin(), ranges_.end(),
                                          [&](const ErasedRange& one) { return one.end <= paddr; });
        if (range == ranges_.end() || range->begin >= end)
            return bytes;
        scratch_.assign(bytes->begin(), bytes->end());
        for (; range != ranges_.end() && range->begin < end; ++range) {
            const std::uint64_t from = std::max(range->begin, paddr) - paddr;
            const std::uint64_t to = std::min(range->end, end) - paddr;
            std::fill(scratch_.begin() + static_cast<std::ptrdiff_t>(from),
                      scratch_.begin() + static_cast<std::ptrdiff_t>(to), range->fill);
        }
        return Bytes(scratch_);
    }

  private:
    std::unique_ptr<MemoryReader> inner_;
    const std::vector<ErasedRange>& ranges_;
    std::vector<std::byte> scratch_;
};

class ErasedImage final : public WrappedImage {
  public:
    ErasedImage(const Image& image, std::vector<ErasedRange> ranges)
        : WrappedImage(image), ranges_(std::move(ranges)) {}

    [[nodiscard]] std::unique_ptr<MemoryReader> reader() const override {
        return std::make_unique<ErasedReader>(image_.reader(), ranges_);
    }

  private:
    std::vector<ErasedRange> ranges_;
};

} // namespace

std::unique_ptr<Image> erased_image(const Image& image, std::vector<ErasedRange> ranges) {
    return std::make_unique<ErasedImage>(image, std::move(ranges));
}

Result<ErasedDump> erase_data(const Image& image, const Kernel* kernel, const EraseConfig& config,
                              const std::string& name, const std::string& vmlinux) {
    const auto pointless = [&](std::string reason) {
        return Failure(make_error(ErrorKind::absent, "erase what is named in", name, std::move(reason))
                           .then("leave --config out to have the dump with all data in it"));
    };
    if (std::ranges::all_of(config.sections,
                            [](const EraseSection& section) { return section.commands.empty(); }))
        return ErasedDump{
            nullptr, {}, {fmt::format("{} names nothing to erase: all data is in the dump", name)}};
    if (kernel == nullptr)
        return pointless("nothing is known of the kernel in this image");
    VariableTypes variables;
    std::vector<std::string> warnings;
    const auto untyped = untyped_symbols(config);
    if (!vmlinux.empty() && !untyped.empty()) {
        if (auto found = dwarf_variables(vmlinux, untyped))
            variables = std::move(*found);
        else
            warnings.push_back(found.error().message() + "; types of variables are not known from there");
    }
    auto erasure = plan_erasure(config, name, image, *kernel, variables);
    if (!erasure)
        return pointless(erasure.error().message());
    warnings.insert(warnings.end(), erasure->warnings.begin(), erasure->warnings.end());
    auto erased = erased_image(image, std::move(erasure->ranges));
    return ErasedDump{std::move(erased), std::move(erasure->report), std::move(warnings)};
}

} // namespace kdumpkit::dump
