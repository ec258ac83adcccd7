// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/format/kdump_writer.h"
#include "makedumpfile-lite/kernel/kernel.h"
#include "makedumpfile-lite/kernel/sources.h"
#include "makedumpfile-lite/source/image.h"

namespace kdumpkit::dump {

// What the headers of a dump of `image` say, from the kernel's memory (`kernel` may be null), and, where
// that says nothing, from the header of a dump that is dumped again. Its notes are those of the image.
format::KdumpFacts facts_of(const Image& image, const Kernel* kernel, unsigned level,
                            const KernelSources& sources);

} // namespace kdumpkit::dump
