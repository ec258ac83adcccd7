// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "makedumpfile-lite/faults.h"
#include "makedumpfile-lite/page_set.h"
#include "makedumpfile-lite/source/image.h"

#include <cstdint>
#include <functional>

namespace kdumpkit::dump {

// The pages that the image should have: promised(), or all of memory().
PageSet promised_pages(const Image& image);

// Reads, and so decompresses, every page that the image should have. Those that cannot be read, or never
// arrived, are added to `faults`; the others are returned. `progress` gets the number of pages read; an error
// from it ends the walk.
Result<PageSet> read_every_page(const Image& image, Faults& faults,
                                const std::function<Result<>(std::uint64_t)>& progress);

} // namespace kdumpkit::dump
