// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "loader/image/kernel.h"

#include <string>

namespace kdumpkit::loader {

// What the setup header of an x86 kernel says (Documentation/arch/x86/boot.rst). `file` is the whole bzImage
// and must outlive the result; `name` is for messages. Errors: `invalid` when it is some other sort of file
// (named), `unsupported` for a kernel without a 64-bit entry, `corrupt` when it is truncated or its header
// contradicts itself.
Result<Kernel> parse_bzimage(Bytes file, const std::string& name);

} // namespace kdumpkit::loader
