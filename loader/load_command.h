// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace kdumpkit::loader {

// `kdumpkit load`: options, and what runs after parsing (see base/subcommand.h).
std::function<Result<int>()> define_load(CLI::App& app);

// `kdumpkit load --kernel KERNEL --initrd INITRD --append APPEND`, its words on standard output included.
Result<int> load_capture_kernel(const std::string& kernel, const std::string& initrd,
                                const std::string& append);

} // namespace kdumpkit::loader
