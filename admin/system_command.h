// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <string>
#include <vector>

namespace kdumpkit::admin {

// Runs it; what it says goes to standard error, since standard output is for results. `next` is what the
// error recommends.
Result<> run_command(const std::vector<std::string>& command, const std::string& next);

// Whether it can be run and ends with 0; what it says is dropped.
bool command_succeeds(const std::vector<std::string>& command);

} // namespace kdumpkit::admin
