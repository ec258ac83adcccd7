// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/reservation_record.h"

#include "admin/boot_file_words.h"
#include "admin/boot_tree.h"
#include "base/file.h"
#include "base/inside_root.h"
#include "base/json.h"
#include "base/printable.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

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

// What kdumpkit does not touch in a line: all but crashkernel= words, the blanks between words, and quotes.
std::string untouched(std::string_view line, const FindWords& find) {
    const WordsInLine rest = *words_in(line, [&](std::string_view text) {
        const auto found = find(text);
        return found ? found : WordsInLine{"", std::string(text), ""};
    });
    return rest.before + with_crashkernel(rest.words, "") + rest.behind;
}

bool is_edit(const LineEdit& edit, const FindWords& find) {
    if (!edit.after || edit.after->find('\n') != std::string::npos)
        return false;
    if (!edit.before) // then undo only takes the line away
        return edit.after->find(name) != std::string::npos;
    return edit.before->find('\n') == std::string::npos &&
           (edit.before == edit.after || untouched(*edit.before, find) == untouched(*edit.after, find));
}

// A text that is no UTF-8, which JSON cannot have, is the list of its bytes.
Json json_of(const std::optional<std::string>& line) {
    if (!line)
        return {};
    return is_utf8(*line) ? Json(*line) : Json(std::vector<std::uint8_t>(line->begin(), line->end()));
}

std::optional<std::string> line_in(const Json& json, const char* member) {
    const auto found = json.is_object() ? json.find(member) : json.end();
    if (found == json.end() || !(found->is_string() || found->is_array()))
        return std::nullopt;
    if (found->is_string())
        return found->get<std::string>();
    std::string line;
    for (const Json& byte : *found) {
        if (!byte.is_number_unsigned() || byte.get<std::uint64_t>() > 255)
            return std::nullopt;
        line += static_cast<char>(byte.get<std::uint8_t>());
    }
    return line;
}

// What the first versions wrote, which kept no lines: for the admin, to be taken back by hand.
std::string earlier_version(std::string_view text) {
    const Json json = Json::parse(text, nullptr, false);
    const std::string parameter = text_in(json, "parameter");
    if (!is_parameter(parameter) || !json.contains("earlier") || !json["earlier"].is_object())
        return {};
    std::vector<std::string> words;
    for (const auto& [path, earlier] : json["earlier"].items()) {
        if (!earlier.is_string())
            continue;
        const auto word = earlier.get<std::string>();
        if (word.empty() || is_parameter(word))
            words.push_back(fmt::format("{} in {}", word.empty() ? "nothing" : word, printable(path)));
    }
    return fmt::format("an earlier version of kdumpkit has written it; {} came in place of {}", parameter,
                       words.empty() ? "nothing" : fmt::format("{}", fmt::join(words, ", ")));
}

} // namespace

std::string to_json(const ReservationRecord& record) {
    Json files = Json::object();
    for (const auto& [path, lines] : record.files)
        for (const LineEdit& line : lines)
            files[path].push_back(
                {{"before", json_of(line.before)}, {"after", json_of(line.after)}, {"number", line.number}});
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
            if (!is_edit(record.files[path].back(), words_of_boot_file(path)))
                return std::nullopt;
        }
    return record;
}

Result<std::optional<ReservationRecord>> read_reservation_record(const std::string& root) {
    KDK_ASSIGN(const std::string path, inside_root(root, ReservationRecord::path));
    const auto text = read_text(path, std::size_t{1} << 20);
    if (!text && text.error().kind == ErrorKind::absent)
        return std::nullopt;
    if (!text)
        return fail(text.error());
    auto record = parse_reservation_record(*text);
    if (const std::string earlier = record ? "" : earlier_version(*text); !earlier.empty())
        return fail(
            make_error(ErrorKind::corrupt, "read", path, earlier)
                .then(fmt::format("put that back by hand, remove {} if it is there, make grub.cfg anew, "
                                  "and remove the record",
                                  boot_paths::grub_dropin)));
    if (!record)
        return fail(
            make_error(ErrorKind::corrupt, "read", path, "kdumpkit reserve has not written it so")
                .then("remove that file, and look for crashkernel= in the boot loader's settings by hand"));
    return record;
}

} // namespace kdumpkit::admin
