// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/reservation_text.h"

#include "admin/boot_words.h"
#include "base/bytes.h"
#include "base/json.h"
#include "base/progress.h"
#include "base/range.h"

#include <algorithm>
#include <sstream>
#include <vector>

#include <fmt/format.h>

namespace kdumpkit::admin {
namespace {

using Json = nlohmann::ordered_json;

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line);
    return lines;
}

} // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
    const auto wrong = [&](const char* reason) {
        return fail(make_error(ErrorKind::invalid, "reserve", fmt::format("\"{}\"", text), reason)
                        .then("give a size such as 192M or 1G, or auto"));
    };
    if (text.size() < 2)
        return wrong("this is not a size");
    const std::string_view digits = text.substr(0, text.size() - 1);
    const auto number = digits.find_first_not_of("0123456789") == std::string_view::npos
                            ? parse_number(digits, 10)
                            : std::nullopt;
    const char unit = text.back();
    const unsigned shift = unit == 'K' || unit == 'k'   ? 10
                           : unit == 'M' || unit == 'm' ? 20
                           : unit == 'G' || unit == 'g' ? 30
                                                        : 0;
    if (!number || shift == 0)
        return wrong("this is not a number with K, M or G");
    const auto bytes = checked_mul(*number, std::uint64_t{1} << shift);
    if (!bytes)
        return wrong("no machine has so much memory");
    if (*bytes < std::uint64_t{32} << 20)
        return wrong("no kernel starts in less than 32 MiB");
    return *bytes;
}

Result<std::string> reservation_parameter(const ReservationSize& size) {
    KDK_TRY(parse_size(size.size));
    std::string parameter;
    // First: a kernel before 6.17 looks at the last word whose suffix it does not know, and would reserve
    // nothing.
    if (!size.cma.empty()) {
        KDK_TRY(parse_size(size.cma));
        parameter = fmt::format("crashkernel={},cma ", size.cma);
    }
    parameter += "crashkernel=" + size.size;
    // Without ",low" the kernel takes 256 MiB there; 64 MiB of swiotlb and some buffers are enough.
    if (size.high)
        parameter += ",high crashkernel=72M,low";
    return parameter;
}

std::string to_json(const ReservationRecord& record) {
    const Json json{{"parameter", record.parameter}, {"earlier", record.earlier}};
    return json_text(json);
}

std::optional<ReservationRecord> parse_reservation_record(std::string_view text) {
    const Json json = Json::parse(text, nullptr, false);
    ReservationRecord record{text_in(json, "parameter"), {}};
    if (record.parameter.empty())
        return std::nullopt;
    if (json.contains("earlier") && json["earlier"].is_object())
        for (const auto& [path, words] : json["earlier"].items())
            if (words.is_string())
                record.earlier[path] = words.get<std::string>();
    return record;
}

std::string to_text(const BootPlan& plan) {
    std::string text;
    for (const FileChange& change : plan.changes) {
        text += fmt::format("{}{}\n", change.path,
                            change.remove   ? " (removed)"
                            : change.exists ? ""
                                            : " (new)");
        const auto before = lines_of(change.before), after = lines_of(change.after);
        for (const std::string& line : before)
            if (std::find(after.begin(), after.end(), line) == after.end())
                text += fmt::format("  - {}\n", line);
        for (const std::string& line : after)
            if (std::find(before.begin(), before.end(), line) == before.end())
                text += fmt::format("  + {}\n", line);
    }
    for (const auto& command : plan.commands)
        text += fmt::format("run: {}\n", fmt::join(command, " "));
    for (const std::string& note : plan.notes)
        text += fmt::format("note: {}\n", note);
    return text;
}

std::string granted_text(std::string_view command_line, std::uint64_t reserved, std::string_view recorded) {
    const std::string asked = crashkernel_words(command_line);
    std::string text = fmt::format("this boot asked for: {}\n", asked.empty() ? "nothing" : asked);
    text += fmt::format("the kernel granted:  {}\n", reserved == 0 ? "nothing" : human_bytes(reserved));
    if (!recorded.empty())
        text += fmt::format("kdumpkit has set:    {}\n", recorded);
    if (!recorded.empty() && !has_crashkernel(asked, recorded))
        return text + fmt::format("next: reboot; then the kernel reserves {}\n", recorded);
    if (reserved == 0)
        return text +
               (asked.empty()
                    ? "next: kdumpkit reserve auto, and reboot\n"
                    : "next: look for \"crashkernel\" in the kernel's log (dmesg), and reserve less\n");
    return text;
}

} // namespace kdumpkit::admin
