// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "tests/fuzz/target.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <random>

namespace kdumpkit::fuzz {

// `input` with a few things wrong with it: the same for the same `number`, on every machine.
inline Input mutated(Input input, std::uint64_t number, std::size_t max_size) {
    std::mt19937_64 random(number * 0x9e3779b97f4a7c15 + input.size());
    constexpr std::array<std::uint64_t, 12> numbers = {
        0,          1,          0x7f,        0xff,       0xffff,     0x7fffffff,
        0x80000000, 0xffffffff, 0x100000000, 1ULL << 52, 1ULL << 63, ~std::uint64_t{0}};
    for (std::uint64_t changes = 1 + random() % 4; changes != 0; --changes) {
        const std::size_t at = input.empty() ? 0 : random() % input.size();
        switch (random() % 6) {
        case 0: // cut
            input.resize(at);
            break;
        case 1: // grow
            input.resize(std::min(max_size, input.size() + random() % 64), static_cast<std::byte>(random()));
            break;
        case 2: // another byte
            if (!input.empty())
                input[at] = static_cast<std::byte>(random());
            break;
        case 3: // one bit
            if (!input.empty())
                input[at] ^= static_cast<std::byte>(1U << (random() % 8));
            break;
        case 4: { // a number that breaks sums
            const std::uint64_t value = numbers[random() % numbers.size()] + random() % 3 - 1;
            const std::size_t width = std::size_t{1} << (random() % 4);
            if (at + width <= input.size())
                std::memcpy(input.data() + at, &value, width);
            break;
        }
        default: // a piece from elsewhere
            if (!input.empty()) {
                const std::size_t from = random() % input.size();
                const std::size_t size = std::min(random() % 32, input.size() - std::max(at, from));
                std::memmove(input.data() + at, input.data() + from, size);
            }
        }
    }
    return input;
}

} // namespace kdumpkit::fuzz
