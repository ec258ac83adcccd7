// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace kdumpkit::cli {

// What --help says of a program and all its subcommands, as JSON. packaging/reference makes the man page and
// the shells' completions of it, so that they cannot say anything else.
std::string reference_json(const CLI::App& app);

} // namespace kdumpkit::cli
