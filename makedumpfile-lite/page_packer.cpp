// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/page_packer.h"

#include "makedumpfile-lite/format/duplicates.h"
#include "makedumpfile-lite/pipeline.h"
#include "makedumpfile-lite/repeated_pages.h"

#include <cstring>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <zstd.h>

namespace kdumpkit::dump {

namespace {

class SinglePages final : public PagePacker {
  public:
    SinglePages(std::unique_ptr<Codec> codec, const PipelineSettings& settings)
        : codec_(std::move(codec)), settings_(settings) {
        if (settings_.compression.algorithm != Algorithm::none)
            repeated_.emplace(settings_.page_size);
    }

    void add(PageBlock& block, Bytes page) override {
        if (settings_.share_zero_pages && is_zero_page(page)) {
            block.pages.push_back({0, 0});
            return;
        }
        std::byte* out = block.data.data() + block.used;
        if (const auto known = repeated_ ? repeated_->find(page) : RepeatedPages::Stored();
            known.page.size != 0) {
            std::memcpy(out, known.bytes.data(), known.bytes.size());
            block.pages.push_back(known.page);
            block.used += known.bytes.size();
            return;
        }
        std::size_t size = codec_->compress(page, out);
        const bool raw = size == 0;
        if (raw) {
            std::memcpy(out, page.data(), page.size());
            size = page.size();
        }
        // Equal pages are stored as equal bytes, of which there are fewer to hash.
        block.pages.push_back({static_cast<std::uint32_t>(size), raw ? 0 : codec_->flag(),
                               settings_.hash_pages ? format::hash_of(Bytes(out, size)) : 0});
        block.used += size;
        if (repeated_)
            repeated_->remember(page, {block.pages.back(), Bytes(out, size)});
    }
    Result<> end(PageBlock&) override { return {}; }
    [[nodiscard]] std::size_t block_bytes() const override {
        // Every page before the last one took at most its own size, and the last one may need more while it
        // is compressed.
        return settings_.pages_per_block() * settings_.page_size + codec_->bound();
    }
    [[nodiscard]] std::size_t memory_bytes() const override {
        return codec_->memory_bytes() + (repeated_ ? repeated_->memory_bytes() : 0);
    }

  private:
    std::unique_ptr<Codec> codec_;
    PipelineSettings settings_;
    std::optional<RepeatedPages> repeated_;
};

class Frames final : public PagePacker {
  public:
    explicit Frames(const PipelineSettings& settings)
        : context_(ZSTD_createCCtx()), settings_(settings),
          pages_(settings.frame_pages * settings.page_size) {}
    Frames(const Frames&) = delete;
    Frames& operator=(const Frames&) = delete;
    ~Frames() override { ZSTD_freeCCtx(context_); }

    [[nodiscard]] bool ready() {
        return context_ != nullptr &&
               ZSTD_isError(ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel,
                                                   settings_.compression.level)) == 0 &&
               ZSTD_isError(ZSTD_CCtx_setParameter(context_, ZSTD_c_checksumFlag, 1)) == 0;
    }
    void add(PageBlock& block, Bytes page) override {
        if (settings_.share_zero_pages && is_zero_page(page)) {
            block.pages.push_back({0, 0});
            return;
        }
        std::memcpy(pages_.data() + block.unpacked, page.data(), page.size());
        block.unpacked += page.size();
        block.pages.push_back({static_cast<std::uint32_t>(page.size()), 0});
    }
    Result<> end(PageBlock& block) override {
        if (block.unpacked == 0)
            return {};
        const std::size_t size =
            ZSTD_compress2(context_, block.data.data(), block.data.size(), pages_.data(), block.unpacked);
        if (ZSTD_isError(size) != 0)
            return fail(ErrorKind::system, "compress", "a frame of pages", ZSTD_getErrorName(size));
        block.used = size;
        return {};
    }
    [[nodiscard]] std::size_t block_bytes() const override { return ZSTD_compressBound(pages_.size()); }
    [[nodiscard]] std::size_t memory_bytes() const override {
        return pages_.size() + ZSTD_sizeof_CCtx(context_);
    }

  private:
    ZSTD_CCtx* context_;
    PipelineSettings settings_;
    std::vector<std::byte> pages_;
};

} // namespace

Result<std::unique_ptr<PagePacker>> PagePacker::create(const PipelineSettings& settings) {
    if (settings.frame_pages != 0) {
        if (settings.compression.algorithm != Algorithm::zstd)
            return fail(ErrorKind::unsupported, "pack pages into frames with", settings.compression.name(),
                        "frames are zstd's");
        auto frames = std::make_unique<Frames>(settings);
        if (!frames->ready())
            return fail(ErrorKind::system, "set up the compressor", "zstd", "out of memory");
        return frames;
    }
    KDK_ASSIGN(auto codec, Codec::create(settings.compression, settings.page_size));
    return std::make_unique<SinglePages>(std::move(codec), settings);
}

bool is_zero_page(Bytes page) {
    // Most pages show something in their first bytes; the rest is a comparison with itself, one word further.
    std::uint64_t first = 0;
    std::memcpy(&first, page.data(), sizeof(first));
    return first == 0 && std::memcmp(page.data(), page.data() + 8, page.size() - 8) == 0;
}

} // namespace kdumpkit::dump
