// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

namespace kdumpkit {

// Parses TOML; a syntax error carries NAME:LINE:COLUMN.
Result<toml::table> parse_toml(std::string_view text, const std::string& name);

// A TOML basic string, escapes and all.
std::string quoted_toml(const std::string& text);
// A list of them: ["…", "…"].
std::string quoted_toml(const std::vector<std::string>& texts);

// Which of the full names ("dump.level") was probably meant; "" for none. A right name in no section or in a
// wrong one is found, too.
std::string nearest_setting(std::string_view word, const std::vector<std::string>& full_names);

// Reads one TOML table strictly: a value of the wrong type and a key that nobody asked for are errors with
// their place. Every getter marks its key as known and leaves `out` alone when the key is absent. The first
// error stays; finish() gives it.
class TableReader {
  public:
    // `prefix` is "" for the top, "dump." for [dump]. The table must outlive the reader.
    TableReader(const toml::table& table, std::string name, std::string prefix = {});

    void text(std::string_view key, std::string& out);
    // Half-open would be awkward for people: `lowest` and `highest` are both allowed.
    void integer(std::string_view key, std::int64_t lowest, std::int64_t highest, std::int64_t& out);
    void boolean(std::string_view key, bool& out);
    // One of the texts that to_text() gives for the values.
    template<class Enum, std::size_t N>
    void choice(std::string_view key, const std::array<Enum, N>& values, Enum& out) {
        std::string text(to_text(out));
        this->text(key, text);
        std::vector<std::string> names;
        for (const Enum value : values) {
            names.emplace_back(to_text(value));
            if (names.back() == text)
                out = value;
        }
        one_of(key, text, names);
    }
    // One string or a list of strings.
    void texts(std::string_view key, std::vector<std::string>& out);
    // A [key] section, or nullptr.
    const toml::table* section(std::string_view key);
    // The [[key]] tables in their order.
    std::vector<const toml::table*> tables(std::string_view key);
    // An error found by the caller about the value of `key`, at that value's place.
    void wrong(std::string_view key, std::string reason, std::string next_step);
    // An error that another reader found in a table below this one.
    void error(Error error);

    // The first error, or unknown keys as an error that names the nearest known one, here or among the full
    // names `elsewhere`.
    Result<> finish(const std::vector<std::string>& elsewhere = {});

  private:
    void one_of(std::string_view key, const std::string& text, const std::vector<std::string>& names);
    const toml::node* find(std::string_view key);
    void wrong_at(const toml::source_region& place, std::string_view key, std::string reason,
                  std::string next_step);

    const toml::table& table_;
    std::string name_;
    std::string prefix_;
    std::vector<std::string> known_;
    std::vector<Error> errors_; // none or one
};

} // namespace kdumpkit
