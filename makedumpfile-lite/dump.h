// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/log.h"
#include "makedumpfile-lite/options.h"

namespace kdumpkit::dump {

// Opens the vmcore, selects pages and writes them as `options` say; the summary is written whether that
// succeeds or not. Options::Job::salvage: first finds out which pages can be read, and takes those. The place
// to write to is opened before the vmcore is filtered; nothing is changed there before pages are ready, and a
// file without pages is removed again.
Result<> make_dump(const Options& options, const Log& log);

} // namespace kdumpkit::dump
