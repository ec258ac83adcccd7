// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/table.h"

#include "base/spelling.h"

#include <algorithm>

#include <fmt/format.h>

namespace kdumpkit {
namespace {

std::string place(const std::string& name, const toml::source_region& region) {
    return fmt::format("{}:{}:{}", name, region.begin.line, region.begin.column);
}

} // namespace

Result<toml::table> parse_toml(std::string_view text, const std::string& name) {
    try {
        return toml::parse(text, name);
    } catch (const toml::parse_error& error) { // toml++ has no other way when exceptions are on
        return fail(make_error(ErrorKind::invalid, "read settings", place(name, error.source()),
                               std::string(error.description()))
                        .then("write TOML there: KEY = NUMBER, KEY = \"TEXT\" or [SECTION]; see "
                              "docs/settings.md"));
    }
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
    errors_.push_back(make_error(ErrorKind::invalid, "read settings", place(name_, region),
                                 fmt::format("{}{} {}", prefix_, key, reason))
                          .then(std::move(next_step)));
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

Result<> TableReader::finish() {
    for (const auto& [key, node] : table_) {
        if (std::find(known_.begin(), known_.end(), key.str()) != known_.end())
            continue;
        const std::string near = nearest(key.str(), known_);
        wrong_at(node.source(), key.str(), "is not a known key",
                 near.empty() ? fmt::format("the keys here are: {}", fmt::join(known_, ", "))
                              : fmt::format("write {}{} if that is what you meant", prefix_, near));
    }
    if (!errors_.empty())
        return fail(errors_.front());
    return {};
}

} // namespace kdumpkit
