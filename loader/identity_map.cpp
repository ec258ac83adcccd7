// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/identity_map.h"

#include "loader/segment.h"

#include <cstring>

namespace kdumpkit::loader {

namespace {

// Intel's manual, volume 3, "4-level paging and 5-level paging": present, writable, and a page instead of a
// table.
constexpr std::uint64_t table_bits = 0x3, page_bits = 0x83;
constexpr std::uint64_t directories = 4, entries = 512, large_page = std::uint64_t{2} << 20;

} // namespace

std::uint64_t identity_map_size(bool five_levels) {
    return (directories + 2 + (five_levels ? 1 : 0)) * page;
}

std::vector<std::byte> build_identity_map(std::uint64_t address, bool five_levels) {
    std::vector<std::byte> bytes(identity_map_size(five_levels));
    const auto put = [&](std::uint64_t at, std::uint64_t value) {
        std::memcpy(bytes.data() + at, &value, sizeof(value));
    };
    std::uint64_t table = 0; // each table's only entry leads to the page behind it
    for (int level = 0; level < (five_levels ? 2 : 1); ++level, table += page)
        put(table, (address + table + page) | table_bits);
    for (std::uint64_t i = 0; i < directories; ++i) {
        const std::uint64_t directory = table + (i + 1) * page;
        put(table + i * 8, (address + directory) | table_bits);
        for (std::uint64_t j = 0; j < entries; ++j)
            put(directory + j * 8, (i * entries + j) * large_page | page_bits);
    }
    return bytes;
}

} // namespace kdumpkit::loader
