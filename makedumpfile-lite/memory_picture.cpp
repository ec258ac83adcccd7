// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/memory_picture.h"

#include "base/progress.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string_view>

#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

constexpr std::uint64_t columns = 64;
constexpr std::array<std::string_view, 6> ascii = {" ", ".", ":", "+", "*", "#"};
constexpr std::array<std::string_view, 6> blocks = {" ", "·", "░", "▒", "▓", "█"};

// 0: no memory; 1: none of it saved; then up to 5: all of it.
std::size_t shade(std::uint64_t memory, std::uint64_t saved) {
    if (memory == 0)
        return 0;
    if (saved == 0)
        return 1;
    return saved == memory ? 5 : static_cast<std::size_t>(2 + std::min<std::uint64_t>(saved * 3 / memory, 2));
}

} // namespace

std::string memory_picture(const PageSet& memory, const PageSet& saved, std::uint64_t page_size,
                           std::uint64_t rows, bool shades) {
    const auto& cells = shades ? blocks : ascii;
    const std::uint64_t limit = std::max<std::uint64_t>(memory.limit(), 1);
    const std::uint64_t cell = std::bit_ceil((limit + rows * columns - 1) / (rows * columns));
    std::string text =
        fmt::format("each cell {}: {} not saved, {} {} {} in part, {} all\n", human_bytes(cell * page_size),
                    cells[1], cells[2], cells[3], cells[4], cells[5]);
    bool gap = false;
    for (std::uint64_t row = 0; row * columns * cell < limit; ++row) {
        const std::uint64_t first = row * columns * cell;
        if (memory.count(first, first + columns * cell) == 0) {
            if (!gap)
                text += "  ...\n";
            gap = true;
            continue;
        }
        gap = false;
        std::string line = fmt::format("  {:>14x} ", first * page_size);
        for (std::uint64_t column = 0; column < columns; ++column) {
            const std::uint64_t begin = first + column * cell;
            line += cells[shade(memory.count(begin, begin + cell), saved.count(begin, begin + cell))];
        }
        text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    }
    return text;
}

} // namespace kdumpkit::dump
