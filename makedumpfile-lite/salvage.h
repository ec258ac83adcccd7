// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/log.h"
#include "makedumpfile-lite/options.h"
#include "makedumpfile-lite/source/image.h"

#include <memory>

namespace kdumpkit::dump {

// The dump at Options::source with only those pages present() that could be read just now, all of which were
// read; what is lost is told to `log`, with where it was. It counts as truncated(), so that what is made of
// it is marked incomplete.
Result<std::unique_ptr<Image>> open_salvaged(const Options& options, const Log& log);

} // namespace kdumpkit::dump
