// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/summary.h"

#include "base/json.h"
#include "base/utc.h"

#include <cmath>

namespace kdumpkit::capture {
namespace {

using Json = nlohmann::ordered_json;

// Milliseconds are enough, and 0.30000000000000004 is ugly.
double rounded(double seconds) {
    return std::round(seconds * 1000.0) / 1000.0;
}

Json collector_object(std::string_view text) {
    Json value = Json::parse(text, nullptr, false);
    return value.is_object() ? value : Json();
}

Json to_value(const Attempt& attempt) {
    Json value;
    value["method"] = std::string(to_text(attempt.method.kind));
    if (attempt.method.kind == DumpMethod::filter) {
        value["level"] = attempt.method.level;
        value["compression"] = attempt.method.compression.text();
    }
    value["success"] = attempt.ending == Ending::success;
    value["ending"] = std::string(to_text(attempt.ending));
    value["outcome"] = attempt.outcome;
    value["seconds"] = rounded(attempt.seconds);
    value["peak_rss_kib"] = attempt.peak_rss_kib == 0 ? Json() : Json(attempt.peak_rss_kib);
    return value;
}

// What the log tells of the crash, besides its panic line.
void add_report(Json& root, const CrashReport& report) {
    Json& task = root["task"];
    if (report.task)
        task = {{"comm", report.task->comm}, {"pid", report.task->pid}, {"cpu", report.task->cpu}};
    root["taint"] = report.taint ? Json(*report.taint) : Json();
    root["instruction"] = or_null(report.instruction);
    root["stack"] = report.stack;
    root["modules"] = report.modules;
    root["hardware_errors"] = report.hardware_errors;
    root["hung_tasks"] = report.hung_tasks;
    root["lockups"] = report.lockups;
}

} // namespace

bool says_incomplete(std::string_view collector_json) {
    const Json value = collector_object(collector_json);
    const auto found = value.is_object() ? value.find("complete") : value.end();
    return value.is_object() && found != value.end() && found->is_boolean() && !found->get<bool>();
}

std::string to_json(const Summary& summary, const MemoryWatch& memory) {
    Json root;
    root["version"] = 1;
    root["program"] = "kdump-capture " KDUMPKIT_VERSION;
    root["state"] = summary.finished ? "finished" : "in progress";
    root["complete"] = summary.finished && summary.complete;
    root["partial_reason"] = or_null(summary.partial_reason);
    root["host"] = summary.host;
    root["kernel_release"] = or_null(summary.crash.kernel_release);
    root["capture_kernel_release"] = or_null(summary.capture_kernel);
    root["panic_line"] = summary.panic ? Json(summary.panic->line) : Json();
    root["panic_cause"] = summary.panic ? Json(summary.panic->cause) : Json();
    root["panic_uptime"] = summary.panic && summary.panic->uptime ? Json(*summary.panic->uptime) : Json();
    add_report(root, summary.report);
    // CRASHTIME is exact. Without it the start of the capture kernel, a few seconds later, has to do.
    root["panic_utc"] = utc_text(summary.crash.crash_time.value_or(summary.capture_start_utc));
    root["capture_start_utc"] = utc_text(summary.capture_start_utc);
    root["target"] = summary.target.url();

    Json& seconds = root["seconds"];
    seconds["stages"] = Json::object();
    for (const auto& [name, value] : summary.stages)
        seconds["stages"][name] = rounded(value);
    seconds["dmesg_saved_at"] = summary.dmesg_saved_at > 0 ? Json(rounded(summary.dmesg_saved_at)) : Json();
    seconds["total"] = rounded(summary.total_seconds);

    Json& sizes = root["bytes"];
    sizes["memory"] = summary.memory_bytes;
    sizes["dump"] = summary.dump_bytes;

    Json& budget = root["memory"];
    const auto& start = memory.at_start();
    budget["total_kib"] = start ? Json(start->total) : Json();
    budget["available_at_start_kib"] = start ? Json(start->available) : Json();
    budget["lowest_available_kib"] = or_null(memory.lowest_available());
    budget["peak_taken_kib"] = or_null(memory.peak_taken());
    std::uint64_t collector_peak = 0;
    for (const Attempt& attempt : summary.attempts)
        collector_peak = std::max(collector_peak, attempt.peak_rss_kib);
    budget["collector_peak_rss_kib"] = collector_peak == 0 ? Json() : Json(collector_peak);

    root["attempts"] = Json::array();
    for (const Attempt& attempt : summary.attempts)
        root["attempts"].push_back(to_value(attempt));
    root["collector"] = collector_object(summary.collector_json);
    root["files"] = Json::array();
    for (const SavedFile& file : summary.files)
        root["files"].push_back({{"name", file.name}, {"bytes", file.bytes}, {"disk_bytes", file.disk}});
    return json_text(root);
}

} // namespace kdumpkit::capture
