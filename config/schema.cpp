// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/schema.h"

#include "base/bytes.h"
#include "base/json.h"
#include "config/keys.h"
#include "config/text_pattern.h"

#include <fmt/format.h>

namespace kdumpkit {
namespace {

using Json = nlohmann::ordered_json;

// The words of "a, b, c"; empty when one of them is more than a word.
std::vector<std::string> choices_in(std::string_view allowed) {
    std::vector<std::string> words;
    while (!allowed.empty()) {
        const std::size_t end = std::min(allowed.find(", "), allowed.size());
        const std::string_view word = allowed.substr(0, end);
        if (word.find_first_of(" :") != std::string_view::npos)
            return {};
        words.emplace_back(word);
        allowed.remove_prefix(std::min(end + 2, allowed.size()));
    }
    return words.size() > 1 ? words : std::vector<std::string>{};
}

void add_bounds(Json& json, std::string_view allowed) {
    const std::size_t to = allowed.find(" to ");
    if (to == std::string_view::npos)
        return;
    const std::string_view rest = allowed.substr(to + 4);
    const auto lowest = parse_number(allowed.substr(0, to), 10);
    const auto highest = parse_number(rest.substr(0, rest.find_first_not_of("0123456789")), 10);
    if (lowest && highest) {
        json["minimum"] = *lowest;
        json["maximum"] = *highest;
    }
}

struct DefaultOf {
    Json operator()(const auto& value) const { return Json(value); }
    Json operator()(const std::vector<Interface>&) const { return Json::array(); }
};

// The tables of docs/network.md; read_network() is what judges them.
Json interface_schema() {
    const auto text = [](const char* pattern) { return Json{{"type", "string"}, {"pattern", pattern}}; };
    const auto texts = [](const Json& one) {
        return Json{{"anyOf", Json::array({one, {{"type", "array"}, {"items", one}}})}};
    };
    const auto number = [](int lowest, int highest) {
        return Json{{"type", "integer"}, {"minimum", lowest}, {"maximum", highest}};
    };
    const Json name = text("^(?!\\.{1,2}$)[A-Za-z0-9._@-]{1,15}$"), flag{{"type", "boolean"}};
    const auto of_kind = [](const char* kind) {
        return Json{{"properties", {{"kind", {{"const", kind}}}}}, {"required", {"kind"}}};
    };
    // Where `key` is given the kind must be that.
    const auto belongs_to = [&](const char* key, const char* kind) {
        return Json{{"if", {{"required", Json::array({key})}}}, {"then", of_kind(kind)}};
    };
    return {
        {"type", "object"},
        {"additionalProperties", false},
        {"required", {"name"}},
        {"properties",
         {{"name", name},
          {"kind", {{"enum", {"device", "vlan", "bond", "bridge"}}}},
          {"mac", text("^$|^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5,19}$")},
          {"path", {{"type", "string"}}},
          {"master", {{"type", "string"}}},
          {"parent", {{"type", "string"}}},
          {"vlan", number(1, 4094)},
          {"mtu", number(0, 65535)},
          {"bond", texts(text("^[a-z_]+="))},
          {"dhcp", flag},
          {"accept_ra", flag},
          {"addresses", texts(text(address_with_length_pattern().c_str()))},
          {"routes", texts({{"type", "string"}})}}},
        {"allOf",
         Json::array(
             {belongs_to("vlan", "vlan"),
              {{"if", of_kind("vlan")}, {"then", {{"required", {"parent", "vlan"}}}}},
              {{"if", {{"not", {{"required", {"kind"}}}}}},
               {"then", {{"anyOf", Json::array({{{"required", {"mac"}}}, {{"required", {"path"}}}})}}}}})}};
}

// With the pattern of its text, if it has one.
Json text_schema(const SettingKey& key) {
    Json json{{"type", "string"}};
    if (const std::string pattern = text_pattern(key.full_name()); !pattern.empty())
        json["pattern"] = pattern;
    return json;
}

Json schema_of(const SettingKey& key) {
    Json json{{"description", fmt::format("{} ({})", key.meaning, key.allowed)}};
    const SettingValue standard = key.value(Settings{});
    if (std::holds_alternative<std::int64_t>(standard)) {
        json["type"] = "integer";
        add_bounds(json, key.allowed);
    } else if (std::holds_alternative<std::string>(standard)) {
        json.update(text_schema(key));
        if (const auto choices = choices_in(key.allowed); !choices.empty())
            json["enum"] = choices;
    } else if (std::holds_alternative<std::vector<Interface>>(standard)) {
        json["type"] = "array";
        json["items"] = interface_schema();
    } else {
        Json list{{"type", "array"}, {"items", text_schema(key)}};
        if (key.name == "target") // to name none is no setting
            list["minItems"] = 1;
        json["anyOf"] = Json::array({text_schema(key), list});
    }
    json["default"] = std::visit(DefaultOf{}, standard);
    return json;
}

} // namespace

std::string settings_schema() {
    Json properties = Json::object();
    for (const SettingKey& key : setting_keys()) {
        if (key.section.empty()) {
            properties[std::string(key.name)] = schema_of(key);
            continue;
        }
        Json& section = properties[std::string(key.section)];
        if (section.is_null())
            section = {{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}};
        section["properties"][std::string(key.name)] = schema_of(key);
    }
    return json_text({{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                      {"title", "kdumpkit.toml"},
                      {"type", "object"},
                      {"additionalProperties", false},
                      {"properties", properties}});
}

} // namespace kdumpkit
