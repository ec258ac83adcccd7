// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <string>

namespace kdumpkit::dump {

// From now on the first SIGTERM, SIGINT or SIGHUP is remembered instead of killing; a second one kills. A
// signal that was ignored when the program started (nohup) stays ignored.
void watch_interrupts();
// The signal that came, 0 when none did. Any thread.
int interrupted();
// What stop_if_interrupted() returns; `state` tells what is left of `object`.
Error interruption(const std::string& object, const std::string& state);
bool is_interruption(const Error& error);
// An error when one came, naming `object` as what could not be finished. For loops that can stop halfway.
Result<> stop_if_interrupted(const std::string& object);
// Ends the process by the signal that came, as if it had never been caught: shells and callers see what
// happened.
void die_of_interrupt();

} // namespace kdumpkit::dump
