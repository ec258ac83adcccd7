// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/json.h"

namespace kdumpkit {

using Json = nlohmann::ordered_json;

namespace {

const Json* member(const Json& json, const char* name) {
    const auto found = json.is_object() ? json.find(name) : json.end();
    return found == json.end() ? nullptr : &*found;
}

} // namespace

std::string json_text(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json or_null(const std::string& text) {
    return text.empty() ? Json() : Json(text);
}

Json or_null(std::optional<std::uint64_t> number) {
    return number ? Json(*number) : Json();
}

std::string text_in(const Json& json, const char* name) {
    const Json* found = member(json, name);
    return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<std::uint64_t> number_in(const Json& json, const char* name) {
    const Json* found = member(json, name);
    return found != nullptr && found->is_number_unsigned() ? std::optional(found->get<std::uint64_t>())
                                                           : std::nullopt;
}

bool is_true_in(const Json& json, const char* name) {
    const Json* found = member(json, name);
    return found != nullptr && found->is_boolean() && found->get<bool>();
}

} // namespace kdumpkit
