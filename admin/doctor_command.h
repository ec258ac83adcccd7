// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <functional>

namespace CLI {
class App;
}

namespace kdumpkit::admin {

// `kdumpkit doctor` (see base/subcommand.h).
std::function<Result<int>()> define_doctor(CLI::App& app);

} // namespace kdumpkit::admin
