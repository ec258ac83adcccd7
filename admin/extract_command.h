// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <functional>

namespace CLI {
class App;
}

namespace kdumpkit::admin {

// `kdumpkit extract`: the files of a dump on a raw partition, into a folder.
std::function<Result<int>()> define_extract(CLI::App& app);

} // namespace kdumpkit::admin
