// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/pagetable.h"

#include "base/bytes.h"

#include <elf.h>
#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

// x86-64, Intel SDM volume 3, "4-level paging and 5-level paging"; Linux,
// Documentation/arch/x86/x86_64/mm.rst.
constexpr std::uint64_t kernel_map = 0xffffffff80000000;
constexpr std::uint64_t default_image_size = std::uint64_t{1} << 30; // KERNEL_IMAGE_SIZE with KASLR
constexpr std::uint64_t entry_present = 1;
constexpr std::uint64_t entry_large = 1 << 7;
constexpr std::uint64_t entry_address = 0x000ffffffffff000;
constexpr int index_bits = 9;
constexpr int page_bits = 12;

} // namespace

Result<PageTable> PageTable::open(const VmcoreInfo& info, std::uint16_t elf_machine,
                                  const std::string& image_name) {
    if (elf_machine != EM_X86_64)
        return fail(make_error(ErrorKind::unsupported, "translate addresses of", image_name,
                               fmt::format("the kernel of ELF machine {} is not known", elf_machine))
                        .then("use -d 1 or -d 0: these levels need no knowledge of the kernel")
                        .from(ErrorSide::source));
    PageTable table;
    const auto phys_base = info.number("phys_base");
    auto root = info.symbol("swapper_pg_dir");
    if (!root)
        root = info.symbol("init_top_pgt");
    if (!phys_base || !root)
        return fail(make_error(ErrorKind::absent, "translate addresses of", image_name,
                               "VMCOREINFO lacks NUMBER(phys_base) or SYMBOL(swapper_pg_dir)")
                        .then("use -d 1 or -d 0: these levels need no knowledge of the kernel")
                        .from(ErrorSide::source));
    table.phys_base_ = static_cast<std::uint64_t>(*phys_base);
    const auto size = info.number("KERNEL_IMAGE_SIZE");
    table.image_size_ = size && *size > 0 ? static_cast<std::uint64_t>(*size) : default_image_size;
    if (*root < kernel_map)
        return fail(make_error(ErrorKind::corrupt, "translate addresses of", image_name,
                               fmt::format("the kernel's page table is outside its image, at 0x{:x}", *root))
                        .from(ErrorSide::source));
    table.root_ = *root - kernel_map + table.phys_base_;
    table.encryption_mask_ = static_cast<std::uint64_t>(info.number("sme_mask").value_or(0));
    table.levels_ = info.number("pgtable_l5_enabled").value_or(0) != 0 ? 5 : 4;
    return table;
}

Result<Mapping> PageTable::translate(MemoryReader& memory, std::uint64_t vaddr) const {
    if (vaddr >= kernel_map && vaddr - kernel_map < image_size_)
        return Mapping{vaddr - kernel_map + phys_base_, image_size_ - (vaddr - kernel_map),
                       vaddr - kernel_map};
    std::uint64_t table = root_;
    for (int level = levels_; level >= 1; --level) {
        const int shift = page_bits + index_bits * (level - 1);
        const std::uint64_t index = vaddr >> shift & ((1U << index_bits) - 1);
        KDK_ASSIGN(const Bytes bytes, memory.view(table + index * 8, 8));
        const std::uint64_t entry = ByteReader(bytes).u64(0).value_or(0) & ~encryption_mask_;
        if ((entry & entry_present) == 0)
            break;
        const bool leaf = level == 1 || ((entry & entry_large) != 0 && level <= 3);
        if (!leaf) {
            table = entry & entry_address;
            continue;
        }
        const std::uint64_t size = std::uint64_t{1} << shift;
        const std::uint64_t inside = vaddr & (size - 1);
        return Mapping{(entry & entry_address & ~(size - 1)) + inside, size - inside, inside};
    }
    return fail(make_error(ErrorKind::absent, "translate", fmt::format("kernel address 0x{:x}", vaddr),
                           "it is not mapped")
                    .from(ErrorSide::source));
}

} // namespace kdumpkit::dump
