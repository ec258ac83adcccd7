// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <functional>

namespace CLI {
class App;
}

namespace kdumpkit::admin {

// `kdumpkit estimate` (see base/subcommand.h).
std::function<Result<int>()> define_estimate(CLI::App& app);

} // namespace kdumpkit::admin
