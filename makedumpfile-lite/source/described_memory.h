// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/range.h"
#include "makedumpfile-lite/page_set.h"

#include <cstdint>
#include <string>

namespace kdumpkit::dump {

// The memory that a dump says its machine had, as ranges of bytes. A hostile bitmap has a piece for every
// other page, and each costs 16 bytes: more than 2^20 pieces are `unsupported`, none is `corrupt`.
Result<RangeSet> described_memory(const PageSet& pages, std::uint64_t page_size, const std::string& name);

} // namespace kdumpkit::dump
