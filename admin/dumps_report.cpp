// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/dumps_report.h"

#include "base/json.h"
#include "base/printable.h"
#include "base/progress.h"
#include "base/utc.h"

#include <fmt/format.h>

namespace kdumpkit::admin {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const Dump& dump) {
    Json json{{"name", dump.name},
              {"folder", dump.folder},
              {"utc", utc_text(dump.utc)},
              {"complete", dump.complete},
              {"device", or_null(dump.device)},
              {"taken", dump.taken},
              {"shipped", dump.shipped},
              {"why_not_complete", or_null(dump.why_not)},
              {"host", or_null(dump.host)},
              {"kernel_release", or_null(dump.kernel)},
              {"panic_line", or_null(dump.panic_line)},
              {"panic_cause", or_null(dump.panic_cause)},
              {"memory_bytes", or_null(dump.memory_bytes)},
              {"disk_bytes", dump.disk_bytes},
              {"files", Json::array()}};
    for (const Dump::File& file : dump.files)
        json["files"].push_back({{"name", file.name}, {"bytes", file.bytes}});
    return json;
}

const char* state_of(const Dump& dump) {
    if (!dump.complete)
        return "partial";
    if (!dump.shipped.empty())
        return "shipped";
    return dump.taken ? "taken" : "complete";
}

// "Fatal exception" says little; the line that led to it says why.
std::string cause_of(const Dump& dump) {
    if (dump.panic_line.empty())
        return dump.panic_cause.empty() ? "panic line not known" : printable(dump.panic_cause);
    if (dump.panic_cause.empty() || dump.panic_cause == dump.panic_line)
        return printable(dump.panic_line);
    return printable(fmt::format("{} ({})", dump.panic_line, dump.panic_cause));
}

std::string or_unknown(const std::string& text) {
    return text.empty() ? "not known" : printable(text);
}

} // namespace

std::string list_text(const std::vector<Dump>& dumps, const std::vector<std::string>& folders) {
    if (dumps.empty())
        return fmt::format("no dumps in {}\n", printable(fmt::format("{}", fmt::join(folders, ", "))));
    std::size_t widest = 0;
    for (const Dump& dump : dumps)
        widest = std::max(widest, printable(dump.name).size());
    std::string text;
    for (const Dump& dump : dumps)
        text +=
            fmt::format("{:<{}}  {:<8}  {:>9}  {}  {}\n", printable(dump.name), widest, state_of(dump),
                        human_bytes(dump.disk_bytes),
                        dump.kernel.empty() ? "kernel not known" : printable(dump.kernel), cause_of(dump));
    return text;
}

std::string list_json(const std::vector<Dump>& dumps, const std::vector<std::string>& folders) {
    Json json{{"folders", folders}, {"dumps", Json::array()}};
    for (const Dump& dump : dumps)
        json["dumps"].push_back(to_json(dump));
    return json_text(json);
}

std::string show_text(const Dump& dump) {
    const std::string folder = printable(dump.folder);
    std::string text = folder + "\n";
    text += fmt::format("  time     {}\n", utc_text(dump.utc, spoken_time));
    text += fmt::format("  state    {}\n",
                        dump.complete ? std::string("complete") : "partial: " + printable(dump.why_not));
    text += fmt::format("  panic    {}\n", or_unknown(dump.panic_line));
    if (!dump.panic_cause.empty())
        text += fmt::format("  cause    {}\n", printable(dump.panic_cause));
    text += fmt::format("  kernel   {}\n  host     {}\n", or_unknown(dump.kernel), or_unknown(dump.host));
    if (dump.memory_bytes)
        text += fmt::format("  memory   {} on the machine that crashed\n", human_bytes(*dump.memory_bytes));
    text += fmt::format("  on disk  {}\n", human_bytes(dump.disk_bytes));
    if (dump.taken)
        text += "  taken    the next capture may write over it\n";
    for (const std::string& url : dump.shipped)
        text += fmt::format("  shipped  to {}\n", printable(url));
    for (const Dump::File& file : dump.files)
        text += fmt::format("  file     {:<18} {}\n", printable(file.name), human_bytes(file.bytes));
    if (!dump.device.empty())
        text += fmt::format("next: kdumpkit extract {} FOLDER\n", printable(dump.device));
    for (const Dump::File& file : dump.files)
        if (file.name == "vmcore" || file.name == "vmcore.incomplete")
            text += fmt::format("next: crash VMLINUX {0}/{1}, or drgn -c {0}/{1} -s VMLINUX\n", folder,
                                file.name);
    return text;
}

std::string show_json(const Dump& dump) {
    return json_text(to_json(dump));
}

std::string prune_text(const std::vector<Removal>& removals, bool done) {
    if (removals.empty())
        return "nothing to remove\n";
    std::string text;
    std::uint64_t bytes = 0;
    for (const Removal& removal : removals) {
        text += fmt::format("{} {} ({}): {}\n", done ? "removed" : "would remove",
                            printable(removal.dump->folder), human_bytes(removal.dump->disk_bytes),
                            removal.reason);
        bytes += removal.dump->disk_bytes;
    }
    return text + fmt::format("{} in all\n", human_bytes(bytes));
}

std::string prune_json(const std::vector<Removal>& removals, bool done) {
    Json json{{"removed", done}, {"dumps", Json::array()}};
    for (const Removal& removal : removals)
        json["dumps"].push_back({{"folder", removal.dump->folder},
                                 {"disk_bytes", removal.dump->disk_bytes},
                                 {"reason", removal.reason}});
    return json_text(json);
}

} // namespace kdumpkit::admin
