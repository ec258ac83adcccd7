// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/ramoops.h"

#include "base/bytes.h"
#include "loader/cmdline.h"

#include <array>

#include <fmt/format.h>

namespace kdumpkit::loader {

namespace {

// What the layout of the memory follows from (fs/pstore/ram.c, ramoops_probe()).
constexpr std::array<std::string_view, 8> layout{"mem_address",  "mem_size",    "mem_type",  "record_size",
                                                 "console_size", "ftrace_size", "pmsg_size", "ecc"};

} // namespace

std::string with_ramoops(std::string_view line, const std::map<std::string, std::string>& parameters) {
    const auto number = [&](std::string_view name) {
        const auto found = parameters.find(std::string(name));
        return found == parameters.end() ? std::nullopt : parse_number(found->second, 0);
    };
    if (number("mem_address").value_or(0) == 0 || number("mem_size").value_or(0) == 0)
        return std::string(line);
    // A name is one of reserve_mem=, which the capture kernel does not get.
    std::string changed = without_parameter(line, "ramoops.mem_name");
    std::string more;
    for (const std::string_view name : layout)
        if (const auto value = number(name)) {
            changed = without_parameter(changed, fmt::format("ramoops.{}", name));
            more += fmt::format(" ramoops.{}={:#x}", name, *value);
        }
    return append_to_line(changed, more);
}

} // namespace kdumpkit::loader
