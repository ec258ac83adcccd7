// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "makedumpfile-lite/faults.h"
#include "makedumpfile-lite/source/content.h"

namespace kdumpkit::dump {

// What a kdump-compressed file says about itself, checked against the file: parts inside it and apart from
// each other, the two bitmaps, every descriptor inside the file, page data that overlaps without being
// shared. Whether pages decompress is read_every_page()'s business. Headers that make no sense at all are an
// error, all else goes to `faults`. Memory: both bitmaps, and at most 24 MiB for pages that share data.
Result<> check_kdump_structure(const Content& content, Faults& faults);

} // namespace kdumpkit::dump
