// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace kdumpkit::fuzz {

using Input = std::vector<std::byte>;

// One thing that reads what a crashed machine or a stranger wrote. `run` must come back from any input, soon,
// with little memory and without a fault; what it finds broken it reports by require(). One thread.
struct Target {
    std::string_view name;
    std::size_t max_size; // bytes of an input
    void (*run)(Bytes input);
    std::vector<Input> (*seeds)(); // well-formed inputs, and lies that somebody thought of
};

std::span<const Target* const> targets(); // targets.cpp

// Ends the program (abort) when the code under test broke a promise.
void require(bool kept, const char* promise);

inline Input input_of(Bytes bytes) {
    return {bytes.begin(), bytes.end()};
}

} // namespace kdumpkit::fuzz
