// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "makedumpfile-lite/options.h"

namespace kdumpkit::dump {

// What the command line knows and this program does not do yet: `unsupported`, never ignored. Each piece of
// work takes its lines away.
Result<> refuse_unbuilt(const Options& options);

} // namespace kdumpkit::dump
