// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/range.h"
#include "makedumpfile-lite/kernel/data.h"
#include "makedumpfile-lite/kernel/virtual_memory.h"
#include "makedumpfile-lite/source/image.h"

#include <cstdint>

namespace kdumpkit::dump {

// The pfns whose struct pages are to be looked at.
struct Survey {
    RangeSet pages;
    std::uint64_t unseen = 0; // pages of nodes that are too many: left out
};

// Those of the image's memory; with `all_of_nodes` those others that the kernel's nodes span, too, because
// the kernel counts all of its pages. What nodes claim is bounded.
Survey survey(const Image& image, const Kernel::Data& kernel, VirtualMemory& memory, bool all_of_nodes);

} // namespace kdumpkit::dump
