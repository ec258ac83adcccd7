// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <functional>

namespace CLI {
class App;
}

namespace kdumpkit::loader {

// `kdumpkit load`: options, and what runs after parsing (see base/subcommand.h).
std::function<Result<int>()> define_load(CLI::App& app);

} // namespace kdumpkit::loader
