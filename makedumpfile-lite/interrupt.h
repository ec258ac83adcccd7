// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/interrupt.h"

#include <string>

namespace kdumpkit::dump {

// What stop_if_interrupted() returns; `state` tells what is left of `object`.
Error interruption(const std::string& object, const std::string& state);
bool is_interruption(const Error& error);
// An error when one came, naming `object` as what could not be finished. For loops that can stop halfway.
Result<> stop_if_interrupted(const std::string& object);

} // namespace kdumpkit::dump
