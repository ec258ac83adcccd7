// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "makedumpfile-lite/page_set.h"
#include "makedumpfile-lite/source/image.h"

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace kdumpkit::dump::test {

// Physical memory made up from its page numbers: text-like, zero and random pages, the same on every run.
class FakeImage final : public Image {
  public:
    explicit FakeImage(RangeSet memory) : memory_(std::move(memory)) {}

    const std::string& name() const override { return name_; }
    const RangeSet& memory() const override { return memory_; }
    bool truncated() const override { return false; }
    Bytes notes() const override { return notes_; }
    const std::string& vmcoreinfo() const override { return vmcoreinfo_; }
    std::uint16_t elf_machine() const override { return 62; }
    std::unique_ptr<MemoryReader> reader() const override { return std::make_unique<Reader>(*this); }

    static constexpr std::size_t page_size = 4096;
    static bool is_zero(std::uint64_t pfn) { return pfn % 5 == 3; }
    static std::vector<std::byte> page(std::uint64_t pfn) {
        std::vector<std::byte> bytes(page_size);
        if (is_zero(pfn))
            return bytes;
        std::mt19937_64 random(pfn + 1);
        for (std::size_t i = 0; i < bytes.size(); ++i)
            bytes[i] = static_cast<std::byte>(pfn % 5 == 1 ? random() : "pointer 0x"[random() % 4] + pfn % 3);
        return bytes;
    }

    std::optional<std::uint64_t> unreadable; // this pfn fails
    std::vector<std::byte> notes_;
    std::string vmcoreinfo_;

  private:
    class Reader final : public MemoryReader {
      public:
        explicit Reader(const FakeImage& image) : image_(image) {}
        Result<Bytes> view(std::uint64_t paddr, std::size_t size) override {
            buffer_.clear();
            for (std::uint64_t pfn = paddr / page_size; pfn < (paddr + size) / page_size; ++pfn) {
                if (pfn == image_.unreadable)
                    return fail(make_error(ErrorKind::corrupt, "read", image_.name_, "the file ends here")
                                    .at(paddr)
                                    .from(ErrorSide::source));
                const auto bytes = page(pfn);
                buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
            }
            return Bytes(buffer_);
        }

      private:
        const FakeImage& image_;
        std::vector<std::byte> buffer_;
    };

    std::string name_ = "fake vmcore";
    RangeSet memory_;
};

inline void add_note(std::vector<std::byte>& notes, const std::string& name, std::uint32_t type,
                     std::string text) {
    const auto word = [&](std::uint64_t value) {
        for (int i = 0; i < 4; ++i)
            notes.push_back(static_cast<std::byte>(value >> (8 * i)));
    };
    const auto padded = [&](const std::string& bytes) {
        for (const char c : bytes)
            notes.push_back(static_cast<std::byte>(c));
        while (notes.size() % 4 != 0)
            notes.push_back(std::byte{0});
    };
    word(name.size() + 1);
    word(text.size());
    word(type);
    padded(name + '\0');
    padded(text);
}

} // namespace kdumpkit::dump::test
