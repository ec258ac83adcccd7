// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/status_report.h"

#include "admin/dumps_report.h"
#include "base/json.h"
#include "base/printable.h"
#include "base/progress.h"
#include "base/utc.h"

#include <fmt/format.h>

namespace kdumpkit::admin {

std::string to_text(const AdminStatus& status) {
    std::string text;
    if (const auto& error = status.settings_error)
        text += fmt::format("settings:    {}\n", printable_lines(error->message()));
    if (const auto& arm = status.arm) {
        if (!arm->failure.empty())
            text += fmt::format("arm failed:  at {}: {}\n", utc_text(arm->at, spoken_time),
                                printable_lines(arm->failure));
        if (!arm->image.empty())
            text += fmt::format("initramfs:   {} ({}), {}\n", arm->image, human_bytes(arm->image_bytes),
                                !arm->failure.empty() ? "not brought up to date"
                                : arm->rebuilt_because.empty()
                                    ? "was fresh"
                                    : fmt::format("made anew: {}", fmt::join(arm->rebuilt_because, "; ")));
    }
    for (const TargetFacts& target : status.targets)
        text +=
            fmt::format("target:      {}{}\n", target.url,
                        target.in_memory ? ": it lies in memory (a tmpfs), no dump outlives the panic there; "
                                           "name a folder on a disk"
                        : target.free_bytes     ? fmt::format(", {} free", human_bytes(*target.free_bytes))
                        : target.unseen.empty() ? ""
                                                : fmt::format(": {}{}{}", target.unseen,
                                                              target.mend.empty() ? "" : "; ", target.mend));
    if (const auto& last = status.last)
        text += fmt::format("last panic:  {}{}, {}: {}\n             {}\n", utc_text(last->utc, spoken_time),
                            last->host.empty() ? "" : printable(" on " + last->host),
                            last->complete ? "captured" : "captured in part",
                            last->panic_line.empty() ? "panic line not known" : printable(last->panic_line),
                            printable(last->folder));
    return text;
}

std::string with_admin_status(std::string_view json, const AdminStatus& status) {
    using Json = nlohmann::ordered_json;
    Json object = Json::parse(json, nullptr, false);
    if (!object.is_object())
        return std::string(json);
    object["settings_error"] =
        or_null(status.settings_error ? status.settings_error->message() : std::string());
    object["arm"] = status.arm ? Json::parse(to_json(*status.arm), nullptr, false) : Json();
    object["last_capture"] = status.last ? Json::parse(show_json(*status.last), nullptr, false) : Json();
    object["targets"] = Json::array();
    for (const TargetFacts& target : status.targets)
        object["targets"].push_back({{"url", target.url},
                                     {"free_bytes", or_null(target.free_bytes)},
                                     {"in_memory", target.in_memory},
                                     {"unseen", or_null(target.unseen)}});
    return json_text(object);
}

int status_exit_code(bool armed, const AdminStatus& status) {
    if (!armed)
        return exit_codes::absent;
    const bool wrong = status.settings_error && status.settings_error->kind == ErrorKind::invalid;
    return wrong ? exit_codes::invalid : exit_codes::success; // a file that only root can read may be good
}

} // namespace kdumpkit::admin
