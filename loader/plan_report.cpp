// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/plan_report.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace kdumpkit::loader {

using nlohmann::ordered_json;

namespace {

ordered_json json_of(const Reservation& reservation) {
    ordered_json list = ordered_json::array();
    for (const Range& range : reservation.all)
        list.push_back({{"begin", range.begin}, {"end", range.end}, {"used", range == reservation.main}});
    return list;
}

std::string dump(const ordered_json& json) {
    return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

} // namespace

std::string plan_text(const PreparedLoad& prepared) {
    std::string warnings;
    for (const std::string& warning : prepared.warnings)
        warnings += fmt::format("warning      {}\n", warning);
    return fmt::format(
        "kexec_load of {}\n{}entry        {:#012x}\ncore header  {} program headers, verified\n"
        "command line {}\n{}",
        prepared.kernel_version, prepared.plan.text(), prepared.entry, prepared.core_header_entries,
        prepared.command_line, warnings);
}

std::string plan_json(const PreparedLoad& prepared) {
    ordered_json json{{"syscall", "kexec_load"},
                      {"kernel_version", prepared.kernel_version},
                      {"reservations", json_of(prepared.reservation)},
                      {"segments", ordered_json::array()},
                      {"entry", prepared.entry},
                      {"core_header_entries", prepared.core_header_entries},
                      {"command_line", prepared.command_line},
                      {"warnings", prepared.warnings}};
    for (const Segment& segment : prepared.plan.segments)
        json["segments"].push_back({{"name", segment.name},
                                    {"begin", segment.memory.begin},
                                    {"end", segment.memory.end},
                                    {"content_bytes", segment.content}});
    return dump(json);
}

std::string plan_text(const PreparedFileLoad& prepared) {
    std::string text = fmt::format("kexec_file_load of {}\n", prepared.kernel_version);
    for (const Range& range : prepared.reservation.all)
        text += fmt::format("reservation  {:#012x}-{:#012x}\n", range.begin, range.end - 1);
    return text + fmt::format("the running kernel places the segments itself and adds elfcorehdr=\n"
                              "command line {}\n",
                              prepared.command_line);
}

std::string plan_json(const PreparedFileLoad& prepared) {
    return dump({{"syscall", "kexec_file_load"},
                 {"kernel_version", prepared.kernel_version},
                 {"reservations", json_of(prepared.reservation)},
                 {"command_line", prepared.command_line}});
}

} // namespace kdumpkit::loader
