// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/range.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit {

// A range of the memory map that the firmware handed to the running kernel, as that shows it in
// /sys/firmware/memmap/N/ (Documentation/ABI/testing/sysfs-firmware-memmap): `end` is inclusive.
struct FirmwareRange {
    std::string start, end, type; // "0x100000", "0x3ffd6fff", "System RAM"
    // nullopt when the texts are none, or it reaches to the end of the address space.
    [[nodiscard]] std::optional<Range> range() const;
    friend bool operator==(const FirmwareRange&, const FirmwareRange&) = default;
};

// In the kernel's order; empty without CONFIG_FIRMWARE_MEMMAP. `sysfs` is normally "/sys".
std::vector<FirmwareRange> read_firmware_map(const std::string& sysfs);
// "System RAM", and nothing else.
RangeSet ram_of(const std::vector<FirmwareRange>& map);

// The numbers of the entries PREFIXn in a folder, ascending.
std::vector<unsigned> numbered_entries(const std::string& folder, std::string_view prefix);

} // namespace kdumpkit
