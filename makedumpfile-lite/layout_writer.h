// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/log.h"
#include "makedumpfile-lite/options.h"

namespace kdumpkit::dump {

// --write-layout: what the filter has to know of a kernel, into options.output ("-" is standard output). Of
// the vmlinux given with -x, of the kernel in the vmcore, or of the one that runs now. Exits with an error
// when it would lack what every dump needs.
Result<> write_layout_file(const Options& options, const Log& log);
// -g: VMCOREINFO of the vmlinux given with -x.
Result<> write_vmcoreinfo_file(const Options& options, const Log& log);

} // namespace kdumpkit::dump
