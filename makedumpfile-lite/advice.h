// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <string>

namespace kdumpkit::dump {

// The next step for an error that carries none of its own: an imperative sentence, never empty. Pure.
std::string next_step_for(const Error& error);

} // namespace kdumpkit::dump
