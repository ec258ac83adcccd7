// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "loader/load_options.h"

#include <string>

namespace kdumpkit::loader {

// Loads a kernel, or shows the plan of it, and says so. Returns the exit code. An error says what is loaded
// now when the kernel that was loaded before is gone.
Result<int> run_load(const LoadOptions& given);

// `kdumpkit load --kernel KERNEL --initrd INITRD --append APPEND`, its words on standard output included.
Result<int> load_capture_kernel(const std::string& kernel, const std::string& initrd,
                                const std::string& append);

} // namespace kdumpkit::loader
