// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/log.h"
#include "makedumpfile-lite/filter.h"
#include "makedumpfile-lite/kernel/kernel.h"
#include "makedumpfile-lite/options.h"
#include "makedumpfile-lite/source/image.h"
#include "makedumpfile-lite/summary.h"

#include <memory>

namespace kdumpkit::dump {

// What is known of the crashed kernel: nothing (null) when a level that needs nothing is wanted and nothing
// can be found, which is then said.
Result<std::unique_ptr<Kernel>> find_kernel(const Image& image, const Options& options,
                                            const KernelSources& sources, const Log& log, Summary& summary);

// The pages that a dump of `options` has, as far as the image has them. `kernel` may be null at levels 0
// and 1.
Result<Selection> choose_pages(const Image& image, const Kernel* kernel, const Options& options,
                               const Log& log);

} // namespace kdumpkit::dump
