// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/reference.h"

#include "base/json.h"
#include "config/keys.h"

#include <algorithm>
#include <set>

#include <CLI/CLI.hpp>

namespace kdumpkit::cli {
namespace {

using Json = nlohmann::ordered_json;

// CLI11 keeps them ordered by address.
Json names_of(const std::set<CLI::Option*>& options) {
    std::vector<std::string> names;
    for (const CLI::Option* option : options)
        names.push_back(option->get_name());
    std::sort(names.begin(), names.end());
    return names;
}

// What CLI11 knows no words of: which texts a positional may be.
std::vector<std::string> choices_of(const CLI::Option& option) {
    const std::string name = option.get_positional() ? option.get_name(true) : std::string();
    if (name == "KEY")
        return setting_names();
    if (name == "DUMP")
        return {"latest"};
    if (name == "SIZE")
        return {"auto"};
    return {};
}

Json option_json(const CLI::Option& option) {
    std::vector<std::string> names;
    for (const std::string& name : option.get_snames())
        names.push_back("-" + name);
    for (const std::string& name : option.get_lnames())
        names.push_back("--" + name);
    return {{"names", names},
            {"positional", option.get_positional() ? Json(option.get_name(true)) : Json()},
            {"takes_value", option.get_items_expected_max() != 0},
            {"type", option.get_type_name()},
            {"repeats", option.get_items_expected_max() > 1},
            {"required", option.get_required()},
            {"default", option.get_default_str()},
            {"text", option.get_description()},
            {"choices", choices_of(option)},
            {"needs", names_of(option.get_needs())},
            {"excludes", names_of(option.get_excludes())}};
}

Json app_json(const CLI::App& app) {
    Json options = Json::array(), subcommands = Json::array();
    for (const CLI::Option* option :
         app.get_options([](const CLI::Option* one) { return !one->get_group().empty(); }))
        options.push_back(option_json(*option));
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
        subcommands.push_back(app_json(*sub));
    return {{"name", app.get_name()},
            {"text", app.get_description()},
            {"footer", app.get_footer()},
            {"options", options},
            {"subcommands", subcommands}};
}

} // namespace

std::string reference_json(const CLI::App& app) {
    return json_text(app_json(app));
}

} // namespace kdumpkit::cli
