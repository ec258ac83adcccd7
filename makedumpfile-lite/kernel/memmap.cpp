// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/memmap.h"

#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

constexpr std::uint64_t has_map = 1 << 1; // SECTION_HAS_MEM_MAP; bit 0 is SECTION_MARKED_PRESENT

} // namespace

Result<MemoryMap> MemoryMap::open(const VmcoreInfo& info, std::uint64_t page_size,
                                  std::uint64_t struct_page_size) {
    const auto refused = [](ErrorKind kind, std::string reason) {
        return fail(make_error(kind, "find", "the kernel's memory map", std::move(reason))
                        .then("use -d 1 or -d 0: these levels need no knowledge of the kernel")
                        .from(ErrorSide::source));
    };
    const auto roots = info.symbol("mem_section");
    const auto root_count = info.length("mem_section");
    const auto entry_size = info.size("mem_section");
    const auto entry_map = info.offset("mem_section.section_mem_map");
    const auto section_bits = info.number("SECTION_SIZE_BITS");
    const auto physical_bits = info.number("MAX_PHYSMEM_BITS");
    if (!roots || !root_count || !entry_size || !entry_map || !section_bits || !physical_bits)
        return refused(ErrorKind::unsupported, "VMCOREINFO does not describe a sparse memory model");
    if (*section_bits < 20 || *section_bits > 40 || *physical_bits <= *section_bits || *physical_bits > 56 ||
        *root_count == 0 || *entry_size < 8 || *entry_size > 256 || *entry_map > *entry_size - 8)
        return refused(ErrorKind::corrupt, "VMCOREINFO describes mem_section with impossible numbers");
    MemoryMap map;
    map.page_size_ = page_size;
    map.struct_page_size_ = struct_page_size;
    map.pages_per_section_ = (std::uint64_t{1} << *section_bits) / page_size;
    map.roots_ = *roots;
    map.root_count_ = *root_count;
    map.entry_size_ = *entry_size;
    map.entry_map_ = *entry_map;
    const std::uint64_t sections = std::uint64_t{1} << (*physical_bits - *section_bits);
    map.roots_are_pointers_ = *root_count < sections;
    map.sections_per_root_ = map.roots_are_pointers_ ? page_size / *entry_size : 1;
    return map;
}

Result<std::optional<std::uint64_t>> MemoryMap::section(VirtualMemory& memory, std::uint64_t number) const {
    const std::uint64_t root = number / sections_per_root_;
    if (root >= root_count_)
        return std::nullopt;
    std::uint64_t entry = roots_ + root * entry_size_;
    if (roots_are_pointers_) {
        KDK_ASSIGN(const std::uint64_t entries, memory.u64(roots_ + root * 8));
        if (entries == 0)
            return std::nullopt;
        entry = entries + number % sections_per_root_ * entry_size_;
    }
    KDK_ASSIGN(const std::uint64_t coded, memory.u64(entry + entry_map_));
    if ((coded & has_map) == 0)
        return std::nullopt;
    // The map's address less what its section's first pfn would add; maps are page aligned, so the low bits
    // are flags (5 of them up to 6.12, 6 in 6.18).
    const std::uint64_t start = coded & ~(page_size_ - 1);
    return start + number * pages_per_section_ * struct_page_size_;
}

} // namespace kdumpkit::dump
