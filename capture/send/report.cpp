// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/send/report.h"

#include "base/json.h"
#include "base/progress.h"

#include <fmt/ranges.h>

namespace kdumpkit::send {
namespace {

const char* to_text(Verdict verdict) {
    switch (verdict) {
    case Verdict::again:
        return "unreachable";
    case Verdict::broken:
        return "broken off";
    case Verdict::refused:
        return "refused";
    case Verdict::input:
        return "input failed";
    }
    return "?";
}

std::uint64_t rate(const Stored& stored, double seconds) {
    return seconds > 0 ? static_cast<std::uint64_t>(static_cast<double>(stored.bytes) / seconds) : 0;
}

} // namespace

std::string stored_text(const Stored& stored, double seconds) {
    std::string text = fmt::format("stored {} at {} in {:.1f} s, {}/s", human_bytes(stored.bytes),
                                   stored.where, seconds, human_bytes(rate(stored, seconds)));
    if (!stored.resumed_at.empty())
        text += fmt::format("; resumed at byte {}", fmt::join(stored.resumed_at, ", "));
    return text;
}

std::string report_json(const std::string& url, const Stored& stored, double seconds,
                        const std::optional<Trouble>& trouble) {
    nlohmann::ordered_json json;
    json["result"] = trouble ? to_text(trouble->verdict) : "stored";
    json["target"] = url;
    json["stored"] = or_null(trouble ? std::string() : stored.where);
    json["bytes"] = trouble ? or_null(std::optional<std::uint64_t>()) : or_null(std::optional(stored.bytes));
    json["seconds"] = seconds;
    json["bytes_per_second"] = trouble ? 0 : rate(stored, seconds);
    json["attempts"] = stored.attempts;
    json["resumed_at"] = stored.resumed_at;
    if (trouble) {
        json["reason"] = trouble->error.reason;
        json["next_step"] = or_null(trouble->error.next_step);
    }
    return json_text(json);
}

} // namespace kdumpkit::send
