// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/file.h"
#include "config/keys.h"
#include "config/settings_file.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace kdumpkit;
using Catch::Matchers::Contains;

TEST_CASE("every key that is written out is one that the parser knows, and the other way round") {
    // The parser's own list of keys is in its message about an unknown one.
    const auto known = [](const std::string& section) {
        const auto settings = parse_settings(section + "zzzzzzzzzzzzzzzzz = 1", "k.toml");
        REQUIRE_FALSE(settings);
        return settings.error().next_step;
    };
    std::string section, expected;
    for (const SettingKey& key : setting_keys()) {
        CAPTURE(key.full_name());
        if (key.section != section) {
            if (!section.empty())
                CHECK(known(fmt::format("[{}]\n", section)) == "the keys here are: " + expected);
            section = key.section;
            expected.clear();
        }
        expected += (expected.empty() ? "" : ", ") + std::string(key.name);
    }
    CHECK(known(fmt::format("[{}]\n", section)) == "the keys here are: " + expected);
    CHECK(known("") == "the keys here are: target, dump, capture, network, retention, hooks, record");
}

TEST_CASE("a key that does not exist suggests the one that was meant") {
    struct Row {
        std::string asked, meant;
    };
    for (const Row& row : std::vector<Row>{{"dump.levle", "did you mean dump.level?"},
                                           {"level", "did you mean dump.level?"},
                                           {"levle", "did you mean dump.level?"},
                                           {"dump.days", "did you mean retention.days?"},
                                           {"capture.level", "did you mean dump.level?"},
                                           {"retension.days", "did you mean retention.days?"},
                                           {"Target", "did you mean target?"},
                                           {"retenton", "did you mean retention?"},
                                           {"networks", "did you mean network?"},
                                           {"", "the settings are: target"},
                                           {"frobnicate", "the settings are: target, dump.method"}}) {
        CAPTURE(row.asked);
        const auto found = find_settings(row.asked);
        REQUIRE_FALSE(found);
        CHECK(found.error().kind == ErrorKind::invalid);
        CHECK_THAT(found.error().next_step, Contains(row.meant));
    }
    CHECK(find_settings("dump.level").value().at(0)->name == "level");
}

TEST_CASE("a section's name finds its keys, and no others") {
    const auto dump = find_settings("dump").value();
    REQUIRE(dump.size() == 4);
    for (const SettingKey* key : dump)
        CHECK(key->section == "dump");
    CHECK(find_settings("target").value().size() == 1);
    CHECK_FALSE(find_settings("dum"));
}

TEST_CASE("where a file sets a key") {
    const SettingKey& level = *find_settings("dump.level").value().at(0);
    CHECK_FALSE(place_of(level, ""));
    CHECK_FALSE(place_of(level, "level = 3"));
    CHECK_FALSE(place_of(level, "[dump"));
    const auto place = place_of(level, "# x\n[dump]\n  level  = 3");
    REQUIRE(place);
    CHECK(place->line == 3);
    CHECK(place->column == 12);
}

TEST_CASE("docs/settings.md has every key with its default") {
    const std::string page =
        read_text(std::filesystem::path(TEST_DATA_DIR).parent_path().parent_path() / "docs/settings.md")
            .value();
    for (const SettingKey& key : setting_keys()) {
        CAPTURE(key.full_name());
        CHECK_THAT(page, Contains(fmt::format("| `{}` | `{}` | {} | {} |", key.full_name(),
                                              to_toml(key.value(Settings{})), key.allowed, key.meaning)));
    }
}

TEST_CASE("a settings file that nobody named may be absent") {
    const auto folder =
        std::filesystem::temp_directory_path() / fmt::format("kdumpkit-settings-{}", ::getpid());
    std::filesystem::create_directory(folder);
    const std::string path = folder / "k.toml";
    const auto absent = read_settings_file("", path);
    REQUIRE(absent);
    CHECK_FALSE(absent->exists);
    CHECK(absent->settings == Settings{});
    CHECK(read_settings_file(path).error().kind == ErrorKind::absent);
    CHECK(read_settings_file("", folder).error().kind == ErrorKind::invalid);
    // A link that leads nowhere was meant to lead somewhere.
    std::filesystem::create_symlink(folder / "gone.toml", path);
    const auto dangling = read_settings_file("", path);
    REQUIRE_FALSE(dangling);
    CHECK(dangling.error().kind == ErrorKind::invalid);
    CHECK_THAT(dangling.error().message(), Catch::Contains("is a link to") && Catch::Contains("gone.toml"));
    CHECK(read_settings_file(path).error().kind == ErrorKind::absent);
    CHECK(write_new_settings(path, "").error().kind == ErrorKind::invalid);
    CHECK_FALSE(std::filesystem::exists(folder / "gone.toml"));
    std::filesystem::remove(path);
    CHECK(write_new_settings(path, ""));
    CHECK_FALSE(write_new_settings(path, ""));
    std::ofstream(path) << "[dump]\nlevel = 1\n";
    CHECK(read_settings_file("", path)->settings.level == 1);
    CHECK(read_settings_file(path)->exists);
    std::filesystem::remove_all(folder);
}
