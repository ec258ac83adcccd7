// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/record.h"

#include "admin/dumps_report.h"
#include "base/printable.h"
#include "base/progress.h"
#include "base/utc.h"

#include <sstream>

#include <fmt/format.h>

namespace kdumpkit::admin {

JournalFields journal_entry(const Dump& dump) {
    const std::string what =
        dump.panic_line.empty() ? std::string("a kernel panic, of which no line was found") : dump.panic_line;
    const std::string state = dump.complete
                                  ? fmt::format("the dump is complete ({})", human_bytes(dump.disk_bytes))
                                  : fmt::format("the dump is not complete: {}", dump.why_not);
    JournalFields fields = {
        {"MESSAGE",
         printable(fmt::format("captured at {}{}: {}; {}: {}", utc_text(dump.utc, spoken_time),
                               dump.host.empty() ? "" : " on " + dump.host, what, state, dump.folder))},
        {"MESSAGE_ID", dump.complete ? message_ids::captured : message_ids::captured_partly},
        {"PRIORITY", "2"}, // critical: a kernel died
        {"SYSLOG_IDENTIFIER", "kdumpkit"},
        {"KDUMPKIT_FOLDER", dump.folder},
        {"KDUMPKIT_COMPLETE", dump.complete ? "1" : "0"},
        {"KDUMPKIT_BYTES", std::to_string(dump.disk_bytes)}};
    const auto add = [&](const char* name, const std::string& value) {
        if (!value.empty())
            fields.emplace_back(name, value);
    };
    add("KDUMPKIT_HOST", dump.host);
    add("KDUMPKIT_PANIC", dump.panic_line);
    add("KDUMPKIT_CAUSE", dump.panic_cause);
    add("KDUMPKIT_KERNEL", dump.kernel);
    return fields;
}

RecordedDumps parse_recorded(std::string_view text) {
    RecordedDumps recorded;
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line);)
        if (!line.empty())
            recorded.folders.insert(line);
    return recorded;
}

std::string to_text(const RecordedDumps& recorded) {
    std::string text;
    for (const std::string& folder : recorded.folders)
        text += folder + "\n";
    return text;
}

bool only_looks_old(const Dump& dump, const RecordedDumps& before) {
    return !clock_was_set(dump.utc) && !before.folders.contains(dump.folder);
}

} // namespace kdumpkit::admin
