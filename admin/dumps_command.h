// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <functional>

namespace CLI {
class App;
}

namespace kdumpkit::admin {

// `kdumpkit list`, `show` and `prune` (see base/subcommand.h).
std::function<Result<int>()> define_list(CLI::App& app);
std::function<Result<int>()> define_show(CLI::App& app);
std::function<Result<int>()> define_prune(CLI::App& app);

} // namespace kdumpkit::admin
