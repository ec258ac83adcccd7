// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <functional>

namespace CLI {
class App;
}

namespace kdumpkit::admin {

// `kdumpkit record`: tells the journal of dumps that it was not told of yet (see base/subcommand.h).
std::function<Result<int>()> define_record(CLI::App& app);

} // namespace kdumpkit::admin
