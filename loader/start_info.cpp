// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/start_info.h"

#include <algorithm>

#include <fmt/format.h>

namespace kdumpkit::loader {

namespace {

// Fields in the order of Xen's header; addresses are physical, 0: there is none.
struct StartInfo {
    std::uint32_t magic = 0x336ec578; // "xEn3", the E with its high bit
    std::uint32_t version = 1;
    std::uint32_t flags = 0; // SIF_*: for Xen's first domain
    std::uint32_t module_count = 0;
    std::uint64_t modules = 0;
    std::uint64_t command_line = 0;
    std::uint64_t rsdp = 0;
    std::uint64_t memory_map = 0;
    std::uint32_t memory_map_entries = 0;
    std::uint32_t reserved = 0;
};
static_assert(sizeof(StartInfo) == 56 && offsetof(StartInfo, modules) == 16 &&
              offsetof(StartInfo, memory_map) == 40);

struct Module {
    std::uint64_t address = 0, size = 0, command_line = 0, reserved = 0;
};
static_assert(sizeof(Module) == 32);

// Types are those of the e820 map.
struct MemoryMapEntry {
    std::uint64_t begin = 0, size = 0;
    std::uint32_t type = 0, reserved = 0;
};
static_assert(sizeof(MemoryMapEntry) == 24);

Failure does_not_fit(std::string reason) {
    return fail(
        make_error(ErrorKind::unsupported, "build", "the start info of a PVH entry", std::move(reason))
            .then("use --entry 64-bit"));
}

} // namespace

Result<std::vector<std::byte>> build_start_info(const BootParamsWish& wish) {
    if (wish.memory_map.size() > most_start_info_ranges)
        return does_not_fit(fmt::format("the memory map has {} ranges, and the new kernel takes {}",
                                        wish.memory_map.size(), most_start_info_ranges));
    if (wish.initrd.end > four_gibibytes)
        return does_not_fit(fmt::format("the initrd at {:#x} is not below 4 GiB", wish.initrd.begin));

    StartInfo info;
    std::vector<std::byte> bytes(sizeof(info));
    const auto append = [&](Bytes more) {
        const std::uint64_t at = wish.address + bytes.size();
        bytes.insert(bytes.end(), more.begin(), more.end());
        return at;
    };
    if (!wish.initrd.empty()) {
        info.module_count = 1;
        info.modules = append(bytes_of(Module{wish.initrd.begin, wish.initrd.size()}));
    }
    info.rsdp = acpi_rsdp(wish.machine);
    info.memory_map = wish.address + bytes.size();
    info.memory_map_entries = static_cast<std::uint32_t>(wish.memory_map.size());
    for (const E820Entry& entry : wish.memory_map)
        append(bytes_of(
            MemoryMapEntry{entry.range.begin, entry.range.size(), static_cast<std::uint32_t>(entry.type)}));
    info.command_line = append(as_bytes(wish.command_line));
    bytes.push_back(std::byte{0});
    std::ranges::copy(bytes_of(info), bytes.begin());

    if (bytes.size() > wish.room)
        return does_not_fit(fmt::format("it needs {} bytes, {} are set aside", bytes.size(), wish.room));
    if (wish.address + bytes.size() > start_info_end)
        return does_not_fit(fmt::format("it is at {:#x}, outside of the first GiB", wish.address));
    return bytes;
}

} // namespace kdumpkit::loader
