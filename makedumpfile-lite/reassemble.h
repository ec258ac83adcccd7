// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/log.h"
#include "makedumpfile-lite/options.h"

namespace kdumpkit::dump {

// --reassemble: the parts of a split dump, in any order, become one kdump-compressed file. Pages are copied
// as they are. Parts of different dumps, or one named twice, are refused before anything is written. Of parts
// that are missing, cut off or damaged all that can be had is written: the dump is marked incomplete, what is
// lost is told to `log`, and that is `corrupt`.
Result<> reassemble(const Options& options, const Log& log);

} // namespace kdumpkit::dump
