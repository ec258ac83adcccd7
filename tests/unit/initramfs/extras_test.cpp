// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/extras.h"
#include "initramfs/freeze.h"
#include "temporary_folder.h"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::initramfs;
using test::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

void put(const fs::path& path, const std::string& text, bool executable) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
    if (executable)
        fs::permissions(path, fs::perms::owner_exec | fs::perms::others_exec, fs::perm_options::add);
}

std::vector<std::string> paths_of(const Extras& extras) {
    std::vector<std::string> paths;
    for (const ExtraFile& file : extras.files)
        paths.push_back(file.path);
    return paths;
}

} // namespace

TEST_CASE("the interpreter of a script") {
    CHECK(interpreter_of("#!/bin/sh -e\necho\n") == "/bin/sh");
    CHECK(interpreter_of("#! \t/usr/bin/busybox sh\n") == "/usr/bin/busybox");
    CHECK(interpreter_of("#!/bin/sh") == "/bin/sh");
    CHECK(interpreter_of("echo").empty());
    CHECK(interpreter_of("#!\n").empty());
    CHECK(interpreter_of("").empty());
}

TEST_CASE("hooks bring their interpreter, once; files come as they are; a shell only when it is asked for") {
    const TemporaryFolder folder;
    const fs::path root = folder.path();
    put(root / "etc/a", "#!/bin/sh\n", true);
    put(root / "etc/b", "#!/bin/sh\n", true);
    put(root / "etc/plain", "x", false);
    put(root / "bin/sh", "\177ELF", true);
    put(root / "usr/bin/busybox", "\177ELF", true);
    Settings settings;
    CHECK(collect_extras(settings, Root(root))->files.empty());
    settings.hooks.pre = {"/etc/a"};
    settings.hooks.post = {"/etc/b", "/etc/a"};
    settings.files = {"/etc/plain"};
    const auto extras = collect_extras(settings, Root(root)).value();
    CHECK(paths_of(extras) == std::vector<std::string>{"/etc/a", "/usr/bin/sh", "/etc/b", "/etc/plain"});
    REQUIRE(extras.programs.size() == 1);
    CHECK(extras.programs[0].folder == "/bin");
    settings.failure_action = FinalAction::shell;
    CHECK(collect_extras(settings, Root(root))->files.back().path == "/usr/bin/busybox");

    settings.hooks.pre = {"/etc/none"};
    CHECK(collect_extras(settings, Root(root)).error().kind == ErrorKind::absent);
    CHECK(collect_extras(settings, Root(root)).error().next_step.find("hooks.pre") != std::string::npos);
    settings.hooks.pre = {"/etc/plain"};
    CHECK(collect_extras(settings, Root(root)).error().kind == ErrorKind::invalid);
}

TEST_CASE("the drivers of armed watchdogs, and only of those") {
    const TemporaryFolder folder;
    const fs::path sysfs = folder.path();
    for (const char* name : {"watchdog0", "watchdog1"}) {
        const fs::path device = sysfs / "class/watchdog" / name;
        put(device / "state", std::string(name) == "watchdog0" ? "active\n" : "inactive\n", false);
        fs::create_directories(device / "device/driver");
        fs::create_symlink("../../module/iTCO_wdt", device / "device/driver/module");
    }
    const auto requests = armed_watchdogs(sysfs);
    REQUIRE(requests.size() == 1);
    CHECK(requests[0].name == "iTCO_wdt");
    CHECK(armed_watchdogs(sysfs / "none").empty());
}

TEST_CASE("the driver of pstore's memory, where it is a module and keeps messages") {
    const TemporaryFolder folder;
    const fs::path sysfs = folder.path();
    put(sysfs / "module/ramoops/initstate", "live\n", false);
    CHECK(pstore_modules(sysfs).empty());
    put(sysfs / "class/pmsg/pmsg0/dev", "250:0\n", false);
    const auto requests = pstore_modules(sysfs);
    REQUIRE(requests.size() == 1);
    CHECK(requests[0].name == "ramoops");
    CHECK_FALSE(requests[0].required);
    fs::remove(sysfs / "module/ramoops/initstate");
    CHECK(pstore_modules(sysfs).empty());
}
