// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

namespace kdumpkit::send {

// kdump-send behind main(): does what the arguments (without the program's name) ask for, says on standard
// error how it goes, and returns the exit code.
int run_program(const std::vector<std::string>& arguments);

} // namespace kdumpkit::send
