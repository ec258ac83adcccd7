// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/source/image.h"

namespace kdumpkit::dump {

// Another image in all that is not overridden; that one must outlive this.
class WrappedImage : public Image {
  public:
    explicit WrappedImage(const Image& image) : image_(image) {}

    [[nodiscard]] const std::string& name() const override { return image_.name(); }
    [[nodiscard]] const RangeSet& memory() const override { return image_.memory(); }
    [[nodiscard]] bool truncated() const override { return image_.truncated(); }
    [[nodiscard]] const PageSet* present() const override { return image_.present(); }
    [[nodiscard]] const PageSet* promised() const override { return image_.promised(); }
    [[nodiscard]] std::optional<Range> part() const override { return image_.part(); }
    [[nodiscard]] const DumpHeader* header() const override { return image_.header(); }
    [[nodiscard]] Bytes notes() const override { return image_.notes(); }
    [[nodiscard]] const std::string& vmcoreinfo() const override { return image_.vmcoreinfo(); }
    [[nodiscard]] std::uint16_t elf_machine() const override { return image_.elf_machine(); }
    [[nodiscard]] std::unique_ptr<MemoryReader> reader() const override { return image_.reader(); }
    [[nodiscard]] std::vector<VirtualSegment> mappings() const override { return image_.mappings(); }
    [[nodiscard]] std::vector<std::string> warnings() const override { return image_.warnings(); }
    [[nodiscard]] bool live() const override { return image_.live(); }
    [[nodiscard]] std::uint64_t unreadable_pages() const override { return image_.unreadable_pages(); }
    [[nodiscard]] std::string_view format() const override { return image_.format(); }
    [[nodiscard]] bool flattened() const override { return image_.flattened(); }

  protected:
    const Image& image_;
};

} // namespace kdumpkit::dump
