// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/file.h"
#include "makedumpfile-lite/format/kdump_layout.h"
#include "makedumpfile-lite/format/kdump_writer.h"
#include "makedumpfile-lite/page_set.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace kdumpkit::dump {

// One file of a split kdump-compressed dump (header version 6), as far as putting the parts together needs
// it. Every number in it is checked.
class DumpPart {
  public:
    static Result<DumpPart> open(const std::string& path);

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] Range pfns() const { return {sub_header_.start_pfn, sub_header_.end_pfn}; }
    [[nodiscard]] std::uint64_t limit() const { return sub_header_.max_mapnr; }
    [[nodiscard]] bool complete() const { return (header_.status & format::status_incomplete) == 0; }
    // Whether both come from one dump: all headers but the part's own fields are the same.
    [[nodiscard]] bool same_dump(const DumpPart& other) const;
    // For the headers of the whole dump; its notes live as long as this part.
    [[nodiscard]] format::KdumpFacts facts() const;

    // The pages that the crashed machine had, or those of the whole dump (not only of this part).
    Result<PageSet> memory() const { return read_set(0); }
    Result<PageSet> kept() const { return read_set(1); }
    // The descriptors of this part's pages: they count from its first page. Those that the file does not
    // reach to are zero.
    Result<> read_descriptors(std::uint64_t first, std::span<format::PageDescriptor> out) const;
    // Stored bytes.
    Result<> read_data(std::uint64_t offset, std::span<std::byte> out) const;
    // Where pages filled with zero lie, by the convention of the format's writers: right behind the
    // descriptors of all pages of the dump.
    [[nodiscard]] std::uint64_t zero_page(std::uint64_t kept_pages) const {
        return descriptors_ + kept_pages * sizeof(format::PageDescriptor);
    }
    [[nodiscard]] std::uint64_t page_size() const { return static_cast<std::uint64_t>(header_.block_size); }

  private:
    [[nodiscard]] Error corrupt(std::string reason) const;
    Result<> check_headers();
    Result<PageSet> read_set(unsigned which) const;
    Result<std::vector<std::byte>> read_bytes(std::uint64_t offset, std::uint64_t size,
                                              std::uint64_t most) const;

    Fd fd_;
    std::string name_;
    std::uint64_t size_ = 0;
    format::DiskDumpHeader header_{};
    format::KdumpSubHeader sub_header_{};
    std::uint64_t bitmap_ = 0; // bytes from the start of the file
    std::uint64_t bitmap_size_ = 0;
    std::uint64_t descriptors_ = 0;
    std::vector<std::byte> notes_;
    std::string vmcoreinfo_;
    std::string eraseinfo_;
};

} // namespace kdumpkit::dump
