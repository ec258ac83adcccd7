// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/root.h"
#include "temporary_folder.h"

using namespace kdumpkit;
using namespace kdumpkit::initramfs;
using test::TemporaryFolder;

TEST_CASE("paths become normal without touching the disk") {
    CHECK(normal_path("/a//b/./../c/") == "/a/c");
    CHECK(normal_path("a") == "/a");
    CHECK(normal_path("/../..") == "/");
    CHECK(normal_path("") == "/");
}

TEST_CASE("links inside a root never lead out of it") {
    const TemporaryFolder folder;
    folder.file("usr/lib/x.so.1.2", "library");
    folder.link("lib", "usr/lib");
    folder.link("usr/lib/x.so.1", "x.so.1.2");
    folder.link("usr/lib64/ld.so", "/lib/x.so.1"); // absolute, as Debian's ld-linux is
    folder.link("up", "../../../../etc/passwd");
    folder.link("outside", "/etc/passwd");
    folder.link("circle", "circle");
    const Root root(folder.path() + "/");

    CHECK(root.resolve("/lib/x.so.1").value() == folder.path() + "/usr/lib/x.so.1.2");
    CHECK(root.resolve("/usr/lib64/ld.so").value() == folder.path() + "/usr/lib/x.so.1.2");
    CHECK(root.resolve("/").value() == folder.path());
    CHECK(root.resolve("/up").error().kind == ErrorKind::absent);
    CHECK(root.resolve("/outside").error().kind == ErrorKind::absent);
    CHECK(root.resolve("/circle").error().kind == ErrorKind::invalid);
    CHECK_FALSE(root.exists("/lib/none"));
    CHECK(root.host_path("/lib/../x") == folder.path() + "/x");
    CHECK(root.names("/lib") == std::vector<std::string>{"x.so.1", "x.so.1.2"});
    CHECK(root.names("/none").empty());
    CHECK(Root("/").is_running_system());
    CHECK(Root("/").resolve("/proc/self/..").value() == "/proc");
}
