// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "capture/send/session.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kdumpkit::send {

struct Part {
    std::uint64_t offset, bytes;
};

// A command line of kdump-send.
struct Options {
    enum class Action { send, probe, left_over, help, version };
    Action action = Action::send;
    std::string url;
    std::string name;         // relative to the URL's path
    std::string file;         // empty: standard input
    std::optional<Part> part; // of the file
    Limits limits;
    unsigned retries = 6;
    std::size_t buffer = std::size_t{16} << 20;
    bool json = false;
};

Result<Options> parse_options(const std::vector<std::string>& arguments);
std::string help_text();

} // namespace kdumpkit::send
