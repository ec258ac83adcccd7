// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/settings_report.h"

#include "base/bytes.h"
#include "base/json.h"

#include <fmt/format.h>

namespace kdumpkit::admin {
namespace {

using Json = nlohmann::ordered_json;

struct ValueToJson {
    Json operator()(const auto& value) const { return Json(value); }
    // As it is written in the settings: a table has many parts, most of them absent.
    Json operator()(const std::vector<Interface>& interfaces) const {
        return interfaces.empty() ? Json::array() : Json(to_toml(interfaces));
    }
};

Json to_json(const SettingValue& value) {
    return std::visit(ValueToJson{}, value);
}

Json to_json(const SettingsFile& file, const SettingKey& key) {
    const auto place = place_of(key, file.text);
    return {{"key", key.full_name()},
            {"value", to_json(key.value(file.settings))},
            {"default", to_json(key.value(Settings{}))},
            {"set_at", place ? Json{{"line", place->line}, {"column", place->column}} : Json()},
            {"allowed", key.allowed},
            {"meaning", key.meaning}};
}

std::size_t keys_set(const SettingsFile& file) {
    std::size_t count = 0;
    for (const SettingKey& key : setting_keys())
        count += place_of(key, file.text) ? 1 : 0;
    return count;
}

// "PATH:LINE:COLUMN", as errors of the settings name their object.
Json place_in(const std::string& object, const std::string& path) {
    if (!object.starts_with(path + ":"))
        return nullptr;
    const std::string_view rest = std::string_view(object).substr(path.size() + 1);
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    const auto line = parse_number(rest.substr(0, colon), 10);
    const auto column = colon < rest.size() ? parse_number(rest.substr(colon + 1), 10) : std::nullopt;
    return line && column ? Json{{"line", *line}, {"column", *column}} : Json();
}

} // namespace

std::string check_text(const SettingsFile& file) {
    if (!file.exists)
        return fmt::format("{} is absent: the defaults apply\n", file.path);
    return fmt::format("{} is good: it sets {} of {} keys, the others have their defaults\n", file.path,
                       keys_set(file), setting_keys().size());
}

std::string check_json(const SettingsFile& file, const Error* error) {
    Json json{{"path", file.path},
              {"exists", file.exists},
              {"valid", error == nullptr},
              {"keys_set", error == nullptr ? Json(keys_set(file)) : Json()},
              {"error", nullptr}};
    if (error != nullptr)
        json["error"] = {{"place", place_in(error->object, file.path)},
                         {"reason", error->reason},
                         {"next", error->next_step}};
    return json_text(json);
}

std::string show_text(const SettingsFile& file) {
    std::string text;
    std::string_view section;
    for (const SettingKey& key : setting_keys()) {
        if (key.section != section)
            text += fmt::format("\n[{}]\n", key.section);
        section = key.section;
        const auto place = place_of(key, file.text);
        text +=
            fmt::format("{:<40} # {}\n", fmt::format("{} = {}", key.name, to_toml(key.value(file.settings))),
                        place ? fmt::format("{}:{}", file.path, place->line) : "default");
    }
    return text;
}

std::string show_json(const SettingsFile& file) {
    Json json{{"path", file.path}, {"exists", file.exists}, {"keys", Json::array()}};
    for (const SettingKey& key : setting_keys()) {
        Json one = to_json(file, key);
        one.erase("allowed");
        one.erase("meaning");
        json["keys"].push_back(one);
    }
    return json_text(json);
}

std::string explain_text(const SettingsFile& file, const std::vector<const SettingKey*>& keys) {
    std::string text;
    for (const SettingKey* key : keys) {
        const auto place = place_of(*key, file.text);
        text += fmt::format("{}{}\n", text.empty() ? "" : "\n", key->full_name());
        text += fmt::format("  means    {}\n", key->meaning);
        text += fmt::format("  allowed  {}\n", key->allowed);
        text += fmt::format("  default  {}\n", to_toml(key->value(Settings{})));
        text += fmt::format("  here     {} ({})\n", to_toml(key->value(file.settings)),
                            place ? fmt::format("{}:{}:{}", file.path, place->line, place->column)
                                  : "not set, so the default");
    }
    return text;
}

std::string explain_json(const SettingsFile& file, const std::vector<const SettingKey*>& keys) {
    Json json = Json::array();
    for (const SettingKey* key : keys)
        json.push_back(to_json(file, *key));
    return json_text(json);
}

} // namespace kdumpkit::admin
