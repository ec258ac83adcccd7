// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <string>

namespace CLI {
class App;
class ParseError;
} // namespace CLI

namespace kdumpkit::cli {

// "kdumpkit", or "kdumpkit SUB" once the command line has named a subcommand: what messages begin with.
std::string spoken_name(const CLI::App& app);

// What is wrong with a command line that `app` refused with `error`: always `invalid`, with a next step. A
// word that nobody knows comes before anything that is missing, since it may be that thing misspelt.
Error usage_error(const CLI::App& app, const CLI::ParseError& error);

} // namespace kdumpkit::cli
