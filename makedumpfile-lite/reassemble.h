// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/log.h"
#include "makedumpfile-lite/options.h"

namespace kdumpkit::dump {

// --reassemble: the parts of a split dump, in any order, become one kdump-compressed file. Parts of different
// dumps, and gaps between them, are refused before anything is written. Pages are copied as they are.
Result<> reassemble(const Options& options, const Log& log);

} // namespace kdumpkit::dump
