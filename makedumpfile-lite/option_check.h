// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "makedumpfile-lite/options.h"

namespace kdumpkit::dump {

// Whether the options go together, once all are known. Pure.
Result<> check_options(const Options& options);

} // namespace kdumpkit::dump
