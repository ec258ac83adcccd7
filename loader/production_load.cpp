// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/production_load.h"

#include "base/sha256.h"
#include "loader/iomem.h"
#include "loader/reboot.h"

#include <algorithm>

#include <elf.h>
#include <fmt/format.h>

namespace kdumpkit::loader {

namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;
// The least that x86_64 plugs in and out (MIN_MEMORY_BLOCK_SIZE in arch/x86/mm/init_64.c); kernels take
// smaller pieces of the firmware's RAM for themselves.
constexpr std::uint64_t memory_block = 128 * mebibyte;

Failure doubt(std::string reason) {
    return fail(
        make_error(ErrorKind::invalid, "use the memory map of", "the production kernel", std::move(reason))
            .then("arm again on the healthy machine: kdumpkit arm"));
}

Result<RangeSet> loads_of(Bytes headers) {
    const ByteReader reader(headers);
    const auto elf = reader.raw<Elf64_Ehdr>(0);
    if (!elf || elf->e_phentsize != sizeof(Elf64_Phdr))
        return fail(ErrorKind::absent, "read the headers of", "/proc/vmcore", "they are not there");
    RangeSet loads;
    for (std::uint64_t i = 0; i < elf->e_phnum; ++i) {
        const auto header = reader.raw<Elf64_Phdr>(elf->e_phoff + i * sizeof(Elf64_Phdr));
        const auto end = header ? checked_add(header->p_paddr, header->p_memsz) : std::nullopt;
        if (!end)
            return fail(ErrorKind::corrupt, "read the headers of", "/proc/vmcore",
                        fmt::format("program header {} is cut off or has no end", i));
        if (header->p_type == PT_LOAD)
            loads.add({header->p_paddr, *end});
    }
    return loads;
}

Result<> check_digest(Bytes content, const ProductionFile& file) {
    if (to_hex(sha256_of(content)) == file.sha256)
        return {};
    return fail(make_error(ErrorKind::corrupt, "start", file.path,
                           "it is not what it was when the capture kernel was armed (SHA-256)")
                    .then("after a change of the kernel or its initrd: kdumpkit arm"));
}

// sanity_check_segment_list() in kernel/kexec_core.c would say EINVAL only.
Result<> check_room(const PreparedLoad& load, std::uint64_t memory_total) {
    std::uint64_t sum = 0;
    for (const LoadedSegment& segment : load.segments())
        sum += segment.memory.size();
    if (sum <= memory_total / 2)
        return {};
    return fail(make_error(ErrorKind::unsupported, "load", "the production kernel",
                           fmt::format("with its initrd it takes {} MiB, and this kernel permits half of the "
                                       "{} MiB that it has",
                                       sum / mebibyte + 1, memory_total / mebibyte))
                    .then("reserve more (crashkernel=), or make the initrd smaller"));
}

} // namespace

Result<RangeSet> present_memory(const Production& production, const Machine& capture, Bytes vmcore_headers) {
    KDK_ASSIGN(const std::vector<IomemEntry> iomem, parse_iomem(capture.iomem));
    const RangeSet own = firmware_ram(iomem, capture.firmware_memmap);
    const RangeSet firmware = kdumpkit::ram_of(production.memory);
    const Range first_mebibyte{0, mebibyte};
    RangeSet elsewhere = own;
    elsewhere.subtract(firmware);
    elsewhere.subtract(first_mebibyte);
    if (!elsewhere.empty())
        return doubt(fmt::format("this kernel runs in memory at {:#x} that it does not have",
                                 elsewhere.ranges().front().begin));
    KDK_ASSIGN(RangeSet present, loads_of(vmcore_headers));
    for (const Range& range : own.ranges())
        present.add(range);
    RangeSet gone = firmware;
    gone.subtract(present);
    gone.subtract(first_mebibyte);
    for (const Range& range : gone.ranges())
        if (range.size() >= memory_block)
            return doubt(fmt::format("the crashed kernel no longer had the memory at {:#x}-{:#x}",
                                     range.begin, range.end));
    return present;
}

Result<PreparedLoad> prepare_production(const Production& production, const Machine& capture,
                                        Bytes vmcore_headers, const LoadFiles& files,
                                        std::uint64_t memory_total) {
    if (production.efi && !hands_on_efi(capture))
        return fail(
            make_error(ErrorKind::unsupported, "start", "the production kernel",
                       "it was started by EFI, and this kernel does not show what it takes to hand that on")
                .then("let the capture kernel have EFI: see capture.append"));
    KDK_TRY(check_digest(files.kernel, production.kernel));
    if (!production.initrd.path.empty())
        KDK_TRY(check_digest(files.initrd, production.initrd));
    RebootWish wish;
    wish.command_line.replace = production.command_line;
    KDK_ASSIGN(wish.present, present_memory(production, capture, vmcore_headers));
    Machine whole = capture;
    whole.firmware_memmap = production.memory;
    KDK_ASSIGN(PreparedLoad load, prepare_reboot(whole, files, wish));
    KDK_TRY(check_room(load, memory_total));
    return load;
}

} // namespace kdumpkit::loader
