// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace kdumpkit {

// One subcommand of kdumpkit, defined in the folder that does the work and listed by cli/main.
// `define` adds its options to the CLI::App that main made for it, and returns what runs after parsing; that
// returns the process's exit code, or an error that main prints and turns into one.
struct Subcommand {
    std::string name;
    std::string summary;
    std::function<std::function<Result<int>()>(CLI::App&)> define;
};

} // namespace kdumpkit
