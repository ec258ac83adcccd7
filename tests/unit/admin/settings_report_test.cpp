// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/settings_report.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace kdumpkit;
using namespace kdumpkit::admin;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

SettingsFile file_with(const std::string& text) {
    return {"/etc/k.toml", true, text, parse_settings(text, "/etc/k.toml").value()};
}

} // namespace

TEST_CASE("what is shown is a settings file that says the same, and tells who sets what") {
    const SettingsFile file = file_with("[dump]\nlevel = 16\n[retention]\n# three\ncount = 3\n");
    const std::string text = show_text(file);
    CHECK(parse_settings(text, "shown") == file.settings);
    CHECK_THAT(text, Contains("level = 16") && Contains("# /etc/k.toml:2\n") &&
                         Contains("# /etc/k.toml:5\n") && Contains("# default\n"));
    const json shown = json::parse(show_json(file));
    REQUIRE(shown["keys"].size() == setting_keys().size());
    CHECK(shown["keys"][2]["key"] == "dump.level");
    CHECK(shown["keys"][2]["value"] == 16);
    CHECK(shown["keys"][2]["default"] == 31);
    CHECK(shown["keys"][2]["set_at"] == json{{"line", 2}, {"column", 9}});
    CHECK(shown["keys"][3]["set_at"].is_null());
}

TEST_CASE("a check tells how many keys are set, or where the mistake is") {
    CHECK_THAT(check_text(file_with("[dump]\nlevel = 16\n")), Contains("sets 1 of "));
    SettingsFile absent;
    absent.path = "/etc/k.toml";
    CHECK_THAT(check_text(absent), Contains("absent: the defaults apply"));
    const std::string wrong = "[dump]\n\n  levle = 3\n";
    const auto settings = parse_settings(wrong, "/etc/k.toml");
    REQUIRE_FALSE(settings);
    const json checked = json::parse(check_json({"/etc/k.toml", true, wrong, {}}, &settings.error()));
    CHECK(checked["valid"] == false);
    CHECK(checked["error"]["place"] == json{{"line", 3}, {"column", 3}});
    CHECK_THAT(checked["error"]["next"].get<std::string>(), Contains("did you mean dump.level?"));
    CHECK(json::parse(check_json(file_with(""), nullptr))["valid"] == true);
}

TEST_CASE("a key is explained with its default and what it is here") {
    const SettingsFile file = file_with("[capture]\nmodules = [\"a\", \"b\"]\n");
    const SettingKey* key = find_settings("capture.modules").value().at(0);
    CHECK_THAT(explain_text(file, {key}), Contains("capture.modules\n") && Contains("default  []\n") &&
                                              Contains("here     [\"a\", \"b\"] (/etc/k.toml:2:11)"));
    CHECK(json::parse(explain_json(file, {key}))[0]["value"] == json{"a", "b"});
}
