// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/page_texture.h"

#include <cstdint>
#include <cstring>

namespace kdumpkit::dump {

bool holds_structures(Bytes page) {
    constexpr std::size_t word = sizeof(std::uint64_t);
    // Looking at each fifth word is enough, and meets every member of structures of the usual sizes.
    constexpr std::size_t step = 5 * word;
    std::size_t seen = 0;
    std::size_t plain = 0;
    for (std::size_t at = 0; at + word <= page.size(); at += step, ++seen) {
        std::uint64_t value = 0;
        std::memcpy(&value, page.data() + at, word);
        plain += value >> 32 == 0 || value >> 48 == 0xffff ? 1 : 0;
    }
    return plain * 8 >= seen;
}

} // namespace kdumpkit::dump
