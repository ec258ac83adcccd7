// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/reservation_record.h"

#include "base/file.h"
#include "base/json.h"

#include <algorithm>

namespace kdumpkit::admin {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view name = "crashkernel=";

// Nothing but crashkernel= words, of characters that mean nothing to a shell.
bool is_parameter(std::string_view text) {
    const bool harmless = std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               std::string_view(" =,.:@-").find(c) != std::string_view::npos;
    });
    return harmless && text.starts_with(name) && crashkernel_words(text) == text;
}

// What kdumpkit does not touch in a line: all but crashkernel= words, blanks and quotes.
std::string untouched(std::string_view line) {
    std::string rest;
    for (std::size_t i = 0; i < line.size();) {
        if (line.substr(i).starts_with(name))
            i = std::min(line.find_first_of(" \t\r\"'", i), line.size());
        else if (std::string_view(" \t\"'").find(line[i++]) == std::string_view::npos)
            rest += line[i - 1];
    }
    return rest;
}

bool is_edit(const LineEdit& edit) {
    if (!edit.after || edit.after->find('\n') != std::string::npos)
        return false;
    if (!edit.before) // then undo only takes the line away
        return edit.after->find(name) != std::string::npos;
    return edit.before->find('\n') == std::string::npos && untouched(*edit.before) == untouched(*edit.after);
}

std::optional<std::string> line_in(const Json& json, const char* member) {
    return json.is_object() && json.contains(member) && json[member].is_string()
               ? std::optional(json[member].get<std::string>())
               : std::nullopt;
}

} // namespace

std::string to_json(const ReservationRecord& record) {
    Json files = Json::object();
    for (const auto& [path, lines] : record.files)
        for (const LineEdit& line : lines)
            files[path].push_back({{"before", line.before ? Json(*line.before) : Json()},
                                   {"after", line.after ? Json(*line.after) : Json()},
                                   {"number", line.number}});
    return json_text({{"parameter", record.parameter}, {"files", files}});
}

std::optional<ReservationRecord> parse_reservation_record(std::string_view text) {
    const Json json = Json::parse(text, nullptr, false);
    ReservationRecord record{text_in(json, "parameter"), {}};
    if (!is_parameter(record.parameter) || !json.contains("files") || !json["files"].is_object())
        return std::nullopt;
    for (const auto& [path, lines] : json["files"].items())
        for (const Json& line : lines) {
            record.files[path].push_back(
                {line_in(line, "before"), line_in(line, "after"), number_in(line, "number").value_or(0)});
            if (!is_edit(record.files[path].back()))
                return std::nullopt;
        }
    return record;
}

Result<std::optional<ReservationRecord>> read_reservation_record(const std::string& root) {
    const std::string path = root + ReservationRecord::path;
    const auto text = read_text(path, std::size_t{1} << 20);
    if (!text && text.error().kind == ErrorKind::absent)
        return std::nullopt;
    if (!text)
        return fail(text.error());
    auto record = parse_reservation_record(*text);
    if (!record)
        return fail(
            make_error(ErrorKind::corrupt, "read", path, "kdumpkit reserve has not written it so")
                .then("remove that file, and look for crashkernel= in the boot loader's settings by hand"));
    return record;
}

} // namespace kdumpkit::admin
