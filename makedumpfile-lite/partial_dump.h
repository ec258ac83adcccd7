// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "makedumpfile-lite/format/file_destination.h"

namespace kdumpkit::dump {

// Makes a kdump-compressed file of which only a part was written say so in its header, and as long as its
// descriptors need, so that readers open it. False when it is no such file, or its header did not come.
Result<bool> mark_partial_dump(format::FileDestination& dump);

} // namespace kdumpkit::dump
