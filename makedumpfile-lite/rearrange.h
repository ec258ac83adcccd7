// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/log.h"
#include "makedumpfile-lite/options.h"

namespace kdumpkit::dump {

// -R: standard input holds a flattened dump (made by us or by makedumpfile -F) or a stream dump; the file it
// describes is written, of a stream a kdump-compressed one. An input that ends early leaves what came,
// readable and marked incomplete, and is `corrupt`; so is one that came whole, but whose dump is not.
Result<> rearrange(const Options& options, const Log& log);

} // namespace kdumpkit::dump
