// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/file.h"
#include "initramfs/build.h"
#include "initramfs/layout.h"
#include "tests/unit/initramfs/temporary_folder.h"

#include <catch2/catch.hpp>
#include <sys/stat.h>

using namespace kdumpkit;
using namespace kdumpkit::initramfs;
using test::TemporaryFolder;

namespace {

// A collector that runs `script`.
CapturePrograms collector(const TemporaryFolder& folder, const std::string& script) {
    CapturePrograms programs;
    programs.collector.name = "collector";
    programs.collector.folder = folder.path();
    const std::string path = folder.path() + "/collector";
    REQUIRE(write_file_atomically(path, "#!/bin/sh\n" + script));
    REQUIRE(::chmod(path.c_str(), 0755) == 0);
    return programs;
}

} // namespace

TEST_CASE("the layout of the running kernel is what the collector says") {
    const TemporaryFolder folder;
    const auto programs = collector(
        folder, "[ \"$*\" = '--write-layout -' ] && printf 'KDUMPKIT-LAYOUT=1\\nOSRELEASE=6.1\\nX=1\\n'\n");
    const FrozenLayout layout = freeze_layout(plan_layout(programs, "6.1", Root(""), "6.1"));
    CHECK(layout.text == "KDUMPKIT-LAYOUT=1\nOSRELEASE=6.1\nX=1\n");
    CHECK(layout.note == "of the running kernel");
    // Another kernel that nobody has a vmlinux of.
    CHECK(freeze_layout(plan_layout(programs, "6.2-nowhere", Root(""), "6.1")).text.empty());
}

TEST_CASE("another kernel's comes out of its vmlinux") {
    const TemporaryFolder folder;
    const TemporaryFolder other;
    REQUIRE(::mkdir((other.path() + "/boot").c_str(), 0755) == 0);
    REQUIRE(write_file_atomically(other.path() + "/boot/vmlinux-6.2", "not looked at"));
    const auto programs =
        collector(folder, "[ \"$3\" = -x ] && printf 'KDUMPKIT-LAYOUT=1\\nOSRELEASE=6.2\\n' && cat \"$4\"\n");
    const FrozenLayout layout = freeze_layout(plan_layout(programs, "6.2", Root(other.path()), "6.1"));
    CHECK(layout.text == "KDUMPKIT-LAYOUT=1\nOSRELEASE=6.2\nnot looked at");
    CHECK(layout.note.ends_with("/boot/vmlinux-6.2"));
}

TEST_CASE("what goes wrong is said in a line, and the build goes on") {
    const TemporaryFolder folder;
    const auto note = [&](const std::string& script) {
        const FrozenLayout layout =
            freeze_layout(plan_layout(collector(folder, script), "6.1", Root(""), "6.1"));
        CHECK(layout.text.empty());
        return layout.note;
    };
    CHECK_THAT(note("echo it has no BTF >&2; exit 3\n"), Catch::Contains("it has no BTF"));
    CHECK_THAT(note("exit 5\n"), Catch::Contains("exit code 5"));
    CHECK_THAT(note("kill -9 $$\n"), Catch::Contains("signal 9"));
    CHECK_THAT(note("printf 'KDUMPKIT-LAYOUT=1\\nOSRELEASE=6.10\\n'\n"),
               Catch::Contains("not of this kernel"));
    CapturePrograms missing;
    missing.collector.name = "nothing";
    missing.collector.folder = folder.path();
    CHECK(freeze_layout(plan_layout(missing, "6.1", Root(""), "6.1")).text.empty());
}

TEST_CASE("a layout takes its place among what was collected") {
    const TemporaryFolder folder;
    const auto programs = collector(folder, "printf 'KDUMPKIT-LAYOUT=1\\nOSRELEASE=6.1\\nX=1\\n'\n");
    Collected collected;
    for (const char* path : {"/etc/kdumpkit/frozen.toml", "/init"})
        collected.entries.push_back({path, EntryType::file, 0644, {}, "", 0, 0});
    collected.layout = plan_layout(programs, "6.1", Root(""), "6.1");
    add_layout(collected);
    REQUIRE(collected.entries.size() == 3);
    CHECK(collected.entries[1].path == "/etc/kdumpkit/layout");
    CHECK(as_text(collected.entries[1].content) == "KDUMPKIT-LAYOUT=1\nOSRELEASE=6.1\nX=1\n");
    CHECK(collected.build.layout == "of the running kernel");
    // Nothing that cannot be run.
    Collected without;
    without.layout = plan_layout(programs, "6.2-nowhere", Root(""), "6.1");
    add_layout(without);
    CHECK(without.entries.empty());
    CHECK_THAT(without.build.layout, Catch::Contains("no vmlinux"));
}

TEST_CASE("the running kernel is known by its build id, another one is not") {
    const TemporaryFolder folder;
    const auto programs = collector(folder, "exit 1\n");
    const std::string id = plan_layout(programs, "6.1", Root(""), "6.1").build_id;
    CHECK(id.find_first_not_of("0123456789abcdef") == std::string::npos);
    CHECK(plan_layout(programs, "6.2-nowhere", Root(""), "6.1").build_id.empty());
}
