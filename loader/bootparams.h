// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "base/range.h"
#include "loader/image/kernel.h"
#include "loader/iomem.h"
#include "loader/machine.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::loader {

// e820 types (Documentation/arch/x86/boot.rst, arch/x86/include/asm/e820/types.h).
enum class E820Type : std::uint32_t {
    ram = 1,
    reserved = 2,
    acpi = 3,
    nvs = 4,
    unusable = 5,
    persistent = 7,
    legacy_persistent = 12
};
std::string_view to_text(E820Type type);
struct E820Entry {
    Range range;
    E820Type type = E820Type::ram;
    friend bool operator==(const E820Entry&, const E820Entry&) = default;
};

// Pure. The memory map of the new kernel: as RAM the `usable` ranges and nothing else, since whatever it
// gets it overwrites, and from the firmware's map (else from /proc/iomem) ACPI and reserved ranges. Sorted,
// disjoint; RAM yields to others. Only a kernel for a reboot gets persistent memory.
std::vector<E820Entry> new_memory_map(const std::vector<IomemEntry>& iomem,
                                      const std::vector<FirmwareRange>& firmware, const RangeSet& usable,
                                      KexecPurpose purpose = KexecPurpose::capture);
// Pure. All RAM of the machine as the firmware told it (else as /proc/iomem shows it), for a kernel that is
// started by a reboot.
RangeSet firmware_ram(const std::vector<IomemEntry>& iomem, const std::vector<FirmwareRange>& firmware);
// Its RAM.
RangeSet ram_of(const std::vector<E820Entry>& memory_map);

// Physical address of the ACPI RSDP as the firmware handed it over; 0 when the kernel finds it by itself
// (BIOS).
std::uint64_t acpi_rsdp(const Machine& machine);

// Whether this kernel was started by 64-bit EFI and shows what it takes to hand that on.
bool hands_on_efi(const Machine& machine);

struct BootParamsWish {
    const Kernel& image;
    const Machine& machine;
    std::uint64_t address = 0; // where the result will lie
    std::uint64_t room = 0;    // bytes there
    std::string command_line;  // without a NUL
    Range initrd;              // its bytes in memory; empty at 0: none
    std::vector<E820Entry> memory_map;
    Bytes dtb = {}; // empty: none
};

// Where the command line begins in the result.
inline constexpr std::uint64_t command_line_offset = 4096;

// Pure. The zero page, followed by the command line, the EFI memory map and setup_data, all in one segment.
// `unsupported` when it needs more than `room`.
Result<std::vector<std::byte>> build_boot_params(const BootParamsWish& wish);
// Bytes to set aside for it.
std::uint64_t boot_params_room(const Kernel& image, const Machine& machine, std::size_t memory_map_entries,
                               std::size_t dtb_size = 0);

} // namespace kdumpkit::loader
