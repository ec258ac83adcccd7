// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

namespace kdumpkit {

// For programs and for people: members in their order, two blanks a level, a line break at the end. Texts of
// a machine can hold any byte: what is no UTF-8 is replaced.
std::string json_text(const nlohmann::ordered_json& json);

// null for what is not known.
nlohmann::ordered_json or_null(const std::string& text);
nlohmann::ordered_json or_null(std::optional<std::uint64_t> number);

// A member of an object that somebody else may have written: empty when `json` is no object, has none of that
// name, or one of another type.
std::string text_in(const nlohmann::ordered_json& json, const char* name);
std::optional<std::uint64_t> number_in(const nlohmann::ordered_json& json, const char* name);
bool is_true_in(const nlohmann::ordered_json& json, const char* name);

} // namespace kdumpkit
