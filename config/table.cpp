// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/table.h"

#include "base/printable.h"
#include "base/spelling.h"

#include <algorithm>
#include <array>
#include <sstream>

#include <fmt/ranges.h>

namespace kdumpkit {
namespace {

std::string place(const std::string& name, const toml::source_region& region) {
    return fmt::format("{}:{}:{}", name, region.begin.line, region.begin.column);
}

// What probably was meant by text that is no TOML.
std::string next_step_of(std::string_view description) {
    struct Known {
        std::string_view words, step;
    };
    constexpr std::array<Known, 4> known = {{
        {"could not determine value type", "put a text into quotes: KEY = \"TEXT\""},
        {"redefine", "keep one of the two lines"},
        {"utf-8", "save the file as UTF-8"},
        {"expected '='", "write KEY = VALUE; kdumpkit config import reads the file of another kdump"},
    }};
    for (const Known& one : known)
        if (description.find(one.words) != std::string_view::npos)
            return std::string(one.step);
    return "write TOML there: KEY = NUMBER, KEY = \"TEXT\" or [SECTION]; see docs/settings.md";
}

} // namespace

Result<toml::table> parse_toml(std::string_view text, const std::string& name) {
    try {
        return toml::parse(text, name);
    } catch (const toml::parse_error& error) { // toml++ has no other way when exceptions are on
        return fail(make_error(ErrorKind::invalid, "read settings", place(name, error.source()),
                               std::string(error.description()))
                        .then(next_step_of(error.description())));
    }
}

std::string quoted_toml(const std::string& text) {
    std::ostringstream out;
    out << toml::toml_formatter(toml::value<std::string>(text),
                                toml::toml_formatter::default_flags &
                                    ~toml::format_flags::allow_literal_strings);
    return out.str();
}

std::string quoted_toml(const std::vector<std::string>& texts) {
    std::vector<std::string> quoted;
    for (const std::string& text : texts)
        quoted.push_back(quoted_toml(text));
    return fmt::format("[{}]", fmt::join(quoted, ", "));
}

std::string nearest_setting(std::string_view word, const std::vector<std::string>& full_names) {
    const auto last_of = [](std::string_view name) { return name.substr(name.rfind('.') + 1); };
    std::vector<std::string> lasts;
    for (const std::string& name : full_names)
        lasts.emplace_back(last_of(name));
    auto found = std::find(lasts.begin(), lasts.end(), last_of(word));
    if (found == lasts.end())
        if (std::string name = nearest(word, full_names); !name.empty())
            return name;
    if (found == lasts.end())
        found = std::find(lasts.begin(), lasts.end(), nearest(last_of(word), lasts));
    return found == lasts.end() ? "" : full_names[static_cast<std::size_t>(found - lasts.begin())];
}

TableReader::TableReader(const toml::table& table, std::string name, std::string prefix)
    : table_(table), name_(std::move(name)), prefix_(std::move(prefix)) {}

const toml::node* TableReader::find(std::string_view key) {
    known_.emplace_back(key);
    return table_.get(key);
}

void TableReader::wrong_at(const toml::source_region& region, std::string_view key, std::string reason,
                           std::string next_step) {
    if (!errors_.empty())
        return;
    // A text of the file may have line breaks, and the message is one line.
    errors_.push_back(make_error(ErrorKind::invalid, "read settings", place(name_, region),
                                 printable(fmt::format("{}{} {}", prefix_, key, reason)))
                          .then(printable(next_step)));
}

void TableReader::wrong(std::string_view key, std::string reason, std::string next_step) {
    const toml::node* node = table_.get(key);
    wrong_at(node ? node->source() : table_.source(), key, std::move(reason), std::move(next_step));
}

void TableReader::text(std::string_view key, std::string& out) {
    const toml::node* node = find(key);
    if (!node)
        return;
    if (const auto value = node->value_exact<std::string>())
        out = *value;
    else
        wrong(key, "must be a string in quotes", fmt::format("write {} = \"TEXT\"", key));
}

void TableReader::integer(std::string_view key, std::int64_t lowest, std::int64_t highest,
                          std::int64_t& out) {
    const toml::node* node = find(key);
    if (!node)
        return;
    const auto value = node->value_exact<std::int64_t>();
    if (!value || *value < lowest || *value > highest)
        wrong(key, fmt::format("must be a whole number from {} to {}", lowest, highest),
              fmt::format("write {} = {}, or another number in that range", key, out));
    else
        out = *value;
}

void TableReader::boolean(std::string_view key, bool& out) {
    const toml::node* node = find(key);
    if (!node)
        return;
    if (const auto value = node->value_exact<bool>())
        out = *value;
    else
        wrong(key, "must be true or false", fmt::format("write {} = true, or false", key));
}

void TableReader::one_of(std::string_view key, const std::string& text,
                         const std::vector<std::string>& names) {
    if (std::find(names.begin(), names.end(), text) == names.end())
        wrong(key, fmt::format("is \"{}\", but must be one of: {}", text, fmt::join(names, ", ")),
              fmt::format("write {} = \"{}\", or another of these", key, names.front()));
}

void TableReader::texts(std::string_view key, std::vector<std::string>& out) {
    const toml::node* node = find(key);
    if (!node)
        return;
    if (const auto value = node->value_exact<std::string>()) {
        out = {*value};
        return;
    }
    std::vector<std::string> values;
    if (const toml::array* array = node->as_array()) {
        for (const toml::node& element : *array) {
            if (const auto value = element.value_exact<std::string>())
                values.push_back(*value);
        }
        if (values.size() == array->size()) {
            out = std::move(values);
            return;
        }
    }
    wrong(key, "must be a string in quotes or a list of such strings",
          fmt::format("write {0} = \"TEXT\" or {0} = [\"TEXT\", \"TEXT\"]", key));
}

const toml::table* TableReader::section(std::string_view key) {
    const toml::node* node = find(key);
    if (node && !node->is_table())
        wrong(key, "must be a section", fmt::format("write [{}] on a line of its own", key));
    return node ? node->as_table() : nullptr;
}

std::vector<const toml::table*> TableReader::tables(std::string_view key) {
    const toml::node* node = find(key);
    std::vector<const toml::table*> found;
    if (!node)
        return found;
    if (const toml::array* array = node->as_array()) {
        for (const toml::node& element : *array)
            if (const toml::table* table = element.as_table())
                found.push_back(table);
        if (found.size() == array->size())
            return found;
    }
    wrong(key, "must be tables", fmt::format("begin each with [[{}{}]] on a line of its own", prefix_, key));
    return {};
}

void TableReader::error(Error error) {
    if (errors_.empty())
        errors_.push_back(std::move(error));
}

Result<> TableReader::finish(const std::vector<std::string>& elsewhere) {
    for (const auto& [key, node] : table_) {
        if (std::find(known_.begin(), known_.end(), key.str()) != known_.end())
            continue;
        std::string near = nearest(key.str(), known_);
        if (!near.empty())
            near = prefix_ + near;
        else if (!node.is_table())
            near = nearest_setting(prefix_ + std::string(key.str()), elsewhere);
        wrong_at(key.source(), key.str(), "is not a known key",
                 near.empty() ? fmt::format("the keys here are: {}", fmt::join(known_, ", "))
                              : fmt::format("did you mean {}?", near));
    }
    if (!errors_.empty())
        return fail(errors_.front());
    return {};
}

} // namespace kdumpkit
