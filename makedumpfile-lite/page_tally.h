// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/filter.h"
#include "makedumpfile-lite/kernel/page.h"
#include "makedumpfile-lite/self_check.h"

#include <cstdint>

namespace kdumpkit::dump {

// Whether the dump level leaves out pages of this class. Pure.
bool drops(unsigned level, PageClass kind);

// Where a dropped page of this class is counted.
std::uint64_t& counter(PageCounts& counts, PageClass kind);

// Counts so many blocks of 2^order pages for the self-check, dropped or not.
void count_found(FoundPages& found, PageClass kind, unsigned order, std::uint64_t blocks);

} // namespace kdumpkit::dump
