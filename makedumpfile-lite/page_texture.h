// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"

namespace kdumpkit::dump {

// Whether a page looks like an array of the kernel's structures: at least an eighth of its words are small
// numbers or kernel addresses. Such pages compress by their repetitions, and there is little to gain from
// coding single bytes; text, code and what processes hold is the reverse. The zstd codec chooses by it. Pure.
bool holds_structures(Bytes page);

} // namespace kdumpkit::dump
