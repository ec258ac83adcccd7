// SPDX-License-Identifier: GPL-2.0-or-later
// A dry run against the dump itself.
#include "tests/unit/makedumpfile-lite/program.h"

#include <filesystem>

#include <nlohmann/json.hpp>

using namespace kdumpkit;
using namespace dump::test;

TEST_CASE("a dry run tells the exact size and writes nothing") {
    const Folder folder;
    write_vmcore(folder / "vmcore", "");
    const auto options =
        GENERATE(std::vector<std::string>{}, std::vector<std::string>{"-l"}, std::vector<std::string>{"-E"},
                 std::vector<std::string>{"-F", "-z"}, std::vector<std::string>{"-F", "-E"},
                 std::vector<std::string>{"-c", "--share-duplicates", "off"},
                 std::vector<std::string>{"--format", "stream"});
    const auto level = GENERATE("-d0", "-d1");
    const auto with = [&](std::vector<std::string> more) {
        more.insert(more.begin(), level);
        more.insert(more.begin(), options.begin(), options.end());
        return run(folder, more);
    };
    REQUIRE(with({folder / "vmcore", folder / "real"}).code == 0);
    const auto size = std::filesystem::file_size(folder / "real");
    const auto rehearsed =
        with({"--dry-run", "--summary", folder / "s.json", folder / "vmcore", folder / "none"});
    INFO(rehearsed.err);
    CHECK(rehearsed.code == 0);
    CHECK_FALSE(file_exists(folder / "none"));
    CHECK(rehearsed.err.find("none would take ") != std::string::npos);
    CHECK(rehearsed.err.find("(" + std::to_string(size) + " bytes)") != std::string::npos);
    const auto json = nlohmann::json::parse(*read_text(folder / "s.json"));
    CHECK(json["dry_run"] == true);
    CHECK(json["complete"] == false);
    CHECK(json["bytes"]["written"] == 0);
    CHECK(json["bytes"]["would_write"] == size);
    // Without a name, too; and what is there already stays as it was.
    const auto unnamed = with({"--dry-run", folder / "vmcore"});
    CHECK(unnamed.code == 0);
    CHECK(unnamed.err.find("(" + std::to_string(size) + " bytes)") != std::string::npos);
    CHECK(unnamed.out.empty());
    CHECK(with({"--dry-run", "-f", folder / "vmcore", folder / "real"}).code == 0);
    CHECK(std::filesystem::file_size(folder / "real") == size);
}

TEST_CASE("a dry run counts each part of a split dump, and goes on to the next level as the dump would") {
    const Folder folder;
    write_vmcore(folder / "vmcore", "");
    const auto rehearsed =
        run(folder, {"-d1", "-l", "--split", "--dry-run", folder / "vmcore", folder / "a", folder / "b"});
    REQUIRE(run(folder, {"-d1", "-l", "--split", folder / "vmcore", folder / "a", folder / "b"}).code == 0);
    INFO(rehearsed.err);
    std::uint64_t total = 0;
    for (const char* part : {"a", "b"}) {
        const auto size = std::filesystem::file_size(folder / part);
        total += size;
        CHECK(rehearsed.err.find("(" + std::to_string(size) + " bytes)") != std::string::npos);
    }
    CHECK(rehearsed.err.find("all parts together would take") != std::string::npos);
    CHECK(rehearsed.err.find("(" + std::to_string(total) + " bytes)") != std::string::npos);

    const std::vector<std::string> limited = {"-d0,1", "--share-duplicates", "off", "-L", "2300K"};
    for (const bool dry : {true, false}) {
        auto arguments = limited;
        if (dry)
            arguments.emplace_back("--dry-run");
        arguments.insert(arguments.end(), {folder / "vmcore", folder / "limited"});
        const auto done = run(folder, arguments);
        INFO(done.err);
        CHECK(done.code == 0);
        CHECK(done.err.find("trying again with dump level 1") != std::string::npos);
    }
    const auto refused = run(folder, {"-d1", "-L", "100K", "--dry-run", folder / "vmcore", folder / "x"});
    check_failure(refused, exit_codes::destination, "-L");
    CHECK(refused.err.find("can be read") == std::string::npos);
}
