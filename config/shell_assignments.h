// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit {

// One NAME=VALUE of a file that a shell sources, with quotes and escapes taken off as the shell would.
struct ShellAssignment {
    unsigned line = 0; // from 1
    std::string name, value;
    // Why `value` is not what the shell would make of it ("a shell computes its value"); empty: it is.
    std::string trouble;
};
// In the order of the file. Nothing is computed: $, ` and += are trouble. What is no assignment is passed
// over.
std::vector<ShellAssignment> shell_assignments(std::string_view file);

} // namespace kdumpkit
