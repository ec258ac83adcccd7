// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "admin/bootloader.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace kdumpkit::admin {

// The plan for people: lines taken away (-) and added (+) in each file, commands, notes.
std::string to_text(const BootPlan& plan);

// Pure: what the running kernel was asked for and what it granted, with the next step. `recorded`: what was
// written for the next boot, empty for nothing.
std::string granted_text(std::string_view command_line, std::uint64_t reserved, std::string_view recorded);

} // namespace kdumpkit::admin
