// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/source/content.h"
#include "makedumpfile-lite/source/extent_map.h"
#include "makedumpfile-lite/source/file_window.h"
#include "makedumpfile-lite/source/image.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kdumpkit::dump {

// Reads the memory that `map` finds in an ELF core, for one thread. All that it is given must outlive it.
class ElfReader final : public MemoryReader {
  public:
    ElfReader(const Content& file, const ExtentMap& map, const RangeSet& memory, bool use_mmap)
        : file_(file), map_(map), memory_(memory), window_(file, use_mmap) {}
    Result<Bytes> view(std::uint64_t paddr, std::size_t size) override;
    std::optional<Range> stored_at(std::uint64_t paddr) override;

  private:
    [[nodiscard]] Error at(std::uint64_t paddr, ErrorKind kind, std::string reason) const;
    Result<Bytes> piece(const Extent& extent, std::uint64_t paddr, std::size_t size);
    Result<Bytes> assembled(std::uint64_t paddr, std::uint64_t end);

    const Content& file_;
    const ExtentMap& map_;
    const RangeSet& memory_;
    FileWindow window_;
    const Extent* last_ = nullptr;
    std::vector<std::byte> scratch_;
};

} // namespace kdumpkit::dump
