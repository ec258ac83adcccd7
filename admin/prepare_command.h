// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <functional>

namespace CLI {
class App;
}

namespace kdumpkit::admin {

// `kdumpkit prepare`: for the hooks that run when a kernel is installed or removed.
std::function<Result<int>()> define_prepare(CLI::App& app);

} // namespace kdumpkit::admin
