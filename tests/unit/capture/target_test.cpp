// SPDX-License-Identifier: GPL-2.0-or-later
#include "world.h"

using namespace kdumpkit;
using namespace kdumpkit::capture;

TEST_CASE("a disk that comes late is waited for, and the wait is not silent") {
    World world;
    world.system.disk_table["vda"].appears_at = 20;
    world.system.disk_table["vdb"] = FakeDisk{uuid_b, "xfs", world.disk("b"), 0, 0, false, 1 << 30};
    CHECK(world.run().saved == Saved::complete);
    CHECK(world.system.heard("waiting for UUID="));
    CHECK(world.system.heard(std::string("vdb 20 GiB xfs UUID=") + uuid_b));
    CHECK(world.system.probes < 40); // known disks are not read again and again
}

TEST_CASE("a target that never appears: the next one takes the dump") {
    World world;
    world.system.disk_table["vda"].uuid = uuid_b;
    world.system.disk_table["vda"].folder = world.disk("b");
    world.frozen.settings.targets = {target(uuid_a), target(uuid_b)};
    CHECK(world.run().saved == Saved::complete);
    CHECK(exists(world.dump("b") + "/vmcore"));
    CHECK(get_file(world.dump("b") + "/capture.log").find("it did not appear in 60 s") != std::string::npos);
}

TEST_CASE("no target at all: the log's end goes to the console, then the failure action") {
    World world;
    world.system.disk_table.clear();
    const LifeEnd end = world.run();
    CHECK(end.saved == Saved::nothing);
    CHECK(end.action == FinalAction::poweroff);
    CHECK(world.system.heard("seen: no disk at all"));
    CHECK(world.system.heard("[ 2.5] sysrq: Trigger a crash"));
    CHECK(world.system.heard("panic: Kernel panic - not syncing: sysrq triggered crash"));
}

TEST_CASE("a read-only target says so and the next is tried") {
    for (const bool refuses_mount : {true, false}) {
        World world;
        world.system.disk_table["vda"].mount_errno = refuses_mount ? EROFS : 0;
        world.system.disk_table["vda"].read_only = !refuses_mount;
        world.system.disk_table["vdb"] = FakeDisk{uuid_b, "ext4", world.disk("b"), 0, 0, false, 1 << 30};
        world.frozen.settings.targets = {target(uuid_a), target(uuid_b)};
        CHECK(world.run().saved == Saved::complete);
        CHECK(world.system.heard("read-only"));
        CHECK(world.dump("a").empty());
        CHECK(exists(world.dump("b") + "/vmcore"));
    }
}

TEST_CASE("a target without room is passed over") {
    World world;
    world.system.disk_table["vda"].available = 4096;
    const LifeEnd end = world.run();
    CHECK(end.saved == Saved::nothing);
    CHECK(world.system.heard("No space left on device"));
    CHECK(world.dump().empty());
    CHECK(world.system.unmounts == 1);
}

TEST_CASE("a disk that fills up keeps the partial dump, and a summary that says so") {
    World world;
    world.collector("echo part > \"$OUT\"; echo 'cannot write: No space left on device' >&2; exit 6");
    const LifeEnd end = world.run();
    CHECK(end.saved == Saved::partial);
    CHECK(end.action == FinalAction::poweroff);
    CHECK(get_file(world.dump() + "/vmcore.incomplete") == "part\n");
    CHECK_FALSE(exists(world.dump() + "/vmcore"));
    CHECK_FALSE(exists(world.dump() + "/.room"));
    const auto summary = world.summary();
    CHECK(summary["complete"] == false);
    CHECK(summary["state"] == "finished");
    CHECK(summary["attempts"].size() == 1); // a larger dump would fit even less
    CHECK(summary["partial_reason"].get<std::string>().find("full") != std::string::npos);
    CHECK(get_file(world.dump() + "/dmesg.txt").find("Kernel panic") != std::string::npos);
}

TEST_CASE("a plain copy on a full disk, then a second target that has room") {
    World world;
    world.frozen.settings.method = DumpMethod::copy;
    world.frozen.settings.targets = {target(uuid_a), target(uuid_b)};
    world.system.disk_table["vdb"] = FakeDisk{uuid_b, "ext4", world.disk("b"), 0, 0, false, 1 << 30};
    world.system.write_limit["vmcore.incomplete"] = 16384;
    const LifeEnd end = world.run();
    // The limit holds for both: partial on both, and said for both.
    CHECK(end.saved == Saved::partial);
    for (const char* name : {"a", "b"}) {
        CHECK(std::filesystem::file_size(world.dump(name) + "/vmcore.incomplete") <= 16384);
        CHECK(world.summary(name)["complete"] == false);
    }
    CHECK(world.summary("b")["attempts"].size() == 1);
}

TEST_CASE("a log that cannot be written stays on the console and stops nothing") {
    World world;
    world.system.write_limit["capture.log"] = 0;
    CHECK(world.run().saved == Saved::complete);
    CHECK(world.system.heard("saved vmcore"));
}

TEST_CASE("a failing fsync or rename leaves the dump incomplete and the next target is tried") {
    for (const bool at_rename : {true, false}) {
        World world;
        world.system.disk_table["vdb"] = FakeDisk{uuid_b, "ext4", world.disk("b"), 0, 0, false, 1 << 30};
        world.frozen.settings.targets = {target(uuid_a), target(uuid_b)};
        if (at_rename)
            world.system.fail_rename_to.insert("vmcore");
        else
            world.system.fail_sync_of = "vmcore.incomplete";
        const LifeEnd end = world.run();
        CHECK(end.saved == Saved::partial);
        for (const char* name : {"a", "b"}) {
            CHECK(exists(world.dump(name) + "/vmcore.incomplete"));
            CHECK_FALSE(exists(world.dump(name) + "/vmcore"));
            CHECK(world.summary(name)["complete"] == false);
        }
    }
}

TEST_CASE("the room that is kept for the last words is there during the dump and free for the summary") {
    World world;
    std::map<std::string, bool> had_room;
    world.system.on_sync = [&](const std::string& path) {
        const std::filesystem::path file(path);
        had_room[file.filename()] = exists((file.parent_path() / ".room").string());
    };
    CHECK(world.run().saved == Saved::complete);
    CHECK(had_room.at("vmcore.incomplete"));
    CHECK_FALSE(had_room.at("capture.log"));
}

TEST_CASE("a folder that cannot be synced after the rename: vmcore and the summary tell the same") {
    for (const bool can_go_back : {true, false}) {
        World world;
        world.system.fail_after_rename_to.insert("vmcore");
        if (!can_go_back)
            world.system.fail_rename_to.insert("vmcore.incomplete");
        const LifeEnd end = world.run();
        INFO(can_go_back);
        CHECK((end.saved == Saved::complete) == !can_go_back);
        CHECK(exists(world.dump() + "/vmcore") == !can_go_back);
        CHECK(exists(world.dump() + "/vmcore.incomplete") == can_go_back);
        const auto summary = world.summary();
        CHECK(summary["complete"] == !can_go_back);
        CHECK(summary["partial_reason"].is_null() == !can_go_back);
        CHECK(summary["files"][1]["name"] == (can_go_back ? "vmcore.incomplete" : "vmcore"));
        CHECK(world.system.heard("warning: vmcore is complete") == !can_go_back);
    }
}

TEST_CASE("an earlier partial dump is kept until a later try succeeds") {
    World world;
    const std::string half_at_31 = "if [ $LEVEL = 31 ]; then echo useful > \"$OUT\"; exit 4; fi\n";
    std::string kept;
    SECTION("a later one succeeds: it goes") {
        world.collector(half_at_31 + "cp \"$(dirname \"$OUT\")/vmcore.partial-31\" \"$OUT\"");
        CHECK(world.run().saved == Saved::complete);
        CHECK(get_file(world.dump() + "/vmcore") == "useful\n"); // it was there meanwhile
        CHECK_FALSE(exists(world.dump() + "/vmcore.partial-31"));
        CHECK(world.summary()["files"].size() == 3);
    }
    SECTION("a later one fills the disk: both stay, and both are said") {
        world.collector(half_at_31 + "echo larger > \"$OUT\"; exit 6");
        CHECK(world.run().saved == Saved::partial);
        CHECK(get_file(world.dump() + "/vmcore.incomplete") == "larger\n");
        CHECK(get_file(world.dump() + "/vmcore.partial-31") == "useful\n");
        CHECK(world.summary()["files"][2]["name"] == "vmcore.partial-31");
        CHECK(world.system.heard("stays beside it as vmcore.partial-31"));
    }
    SECTION("a later one gets nothing: it is the partial dump") {
        world.collector(half_at_31 + "exit 6");
        CHECK(world.run().saved == Saved::partial);
        CHECK(get_file(world.dump() + "/vmcore.incomplete") == "useful\n");
        CHECK_FALSE(exists(world.dump() + "/vmcore.partial-31"));
        CHECK(world.summary()["bytes"]["dump"] == 7);
    }
}
