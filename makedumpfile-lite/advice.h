// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <string>

namespace kdumpkit::dump {

// The next step for an error that carries none of its own: an imperative sentence, never empty. Of a job that
// `writes_pages` some would not fit, because fewer pages are a way out only there. Pure.
std::string next_step_for(const Error& error, bool writes_pages = true);

} // namespace kdumpkit::dump
