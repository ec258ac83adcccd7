// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "capture/chain.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace kdumpkit::capture {

// What an isolated process says is told as if it were said here.
void repeat(Capture& capture, std::string_view line);

// Runs `work` in a process of its own (System::isolate) until `until` (boot seconds), then kills it and
// leaves it behind. Its words are repeated here. nullopt when it did not come to its own end; that is said.
std::optional<std::string> work_isolated(Capture& capture, double until,
                                         const std::function<std::string()>& work);

} // namespace kdumpkit::capture
