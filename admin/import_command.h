// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <string>

namespace kdumpkit::admin {

struct ImportWish {
    std::string file, format;
    bool write = false, json = false;
};
// `kdumpkit config import`: the settings file on standard output or in its place, the notes on standard
// error.
Result<int> run_import(const ImportWish& wish);

} // namespace kdumpkit::admin
