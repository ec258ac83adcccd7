// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <functional>

namespace CLI {
class App;
}

namespace kdumpkit::admin {

// `kdumpkit forward`: ships local dumps to the servers of the settings.
std::function<Result<int>()> define_forward(CLI::App& app);

} // namespace kdumpkit::admin
