// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "loader/load.h"

#include <string>

namespace kdumpkit::loader {

// What `kdumpkit load --plan` prints, for people and as JSON.
std::string plan_text(const PreparedLoad& prepared);
std::string plan_json(const PreparedLoad& prepared);
std::string plan_text(const PreparedFileLoad& prepared);
std::string plan_json(const PreparedFileLoad& prepared);

} // namespace kdumpkit::loader
