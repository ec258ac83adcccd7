// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <functional>

namespace CLI {
class App;
}

namespace kdumpkit::loader {

// `kdumpkit reboot`: into the kernel that load --reboot loaded.
std::function<Result<int>()> define_reboot(CLI::App& app);

} // namespace kdumpkit::loader
