// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string_view>

namespace kdumpkit::dump {

struct Machine {
    std::string_view name; // as uname -m says it
    std::uint16_t elf;     // EM_…
    bool readable;         // its dumps can be read here: 64 bits, little-endian
};

// nullptr when the name is unknown.
const Machine* machine_named(std::string_view name);

} // namespace kdumpkit::dump
