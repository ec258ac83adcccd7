// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

namespace kdumpkit::dump {

// makedumpfile-lite behind main(): does what the arguments (without the program's name) ask for, says on
// standard error what went wrong, and returns the exit code.
int run_program(const std::vector<std::string>& arguments);

} // namespace kdumpkit::dump
