// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/isolation.h"
#include "capture/last_resort.h"
#include "capture/room.h"
#include "world.h"

using namespace kdumpkit;
using namespace kdumpkit::capture;

namespace {

void add_second_disk(World& world) {
    world.system.disk_table["vdb"] = FakeDisk{uuid_b, "ext4", world.disk("b"), 0, 0, false, 1 << 30};
    world.frozen.settings.targets = {target(uuid_a), target(uuid_b)};
}

Dump dump_of(int day, bool complete, std::uint64_t mib) {
    Dump dump;
    dump.name = fmt::format("202611{:02}T010203Z-h", day);
    dump.utc = day * 86400;
    dump.complete = complete;
    dump.memory_bytes = std::uint64_t{1} << 30;
    dump.disk_bytes = mib << 20;
    return dump;
}

} // namespace

TEST_CASE("a target that hangs is abandoned, and the next takes the dump at another mount point") {
    World world;
    add_second_disk(world);
    world.system.hang_in_isolation = {1};
    CHECK(world.run().saved == Saved::complete);
    CHECK(world.system.heard("abandoning the target: no sign of life for 135 s"));
    CHECK(world.system.heard("it does not die"));
    CHECK(exists(world.dump("b") + "/vmcore"));
}

TEST_CASE("an abandoned target is written back at the end, if it answers by then") {
    for (const bool answers : {true, false}) {
        World world;
        add_second_disk(world);
        world.system.hang_in_isolation = answers ? std::set<int>{1} : std::set<int>{1, 3};
        const double before = world.system.clock;
        CHECK(world.run().saved == Saved::complete);
        CHECK(world.system.isolations == 3);
        CHECK(world.system.heard("what the abandoned target at " + world.places.target +
                                 " still had to write: "));
        CHECK(world.system.heard("still had to write: it was not written") == !answers);
        CHECK(world.system.clock - before < 135 + 60);
    }
}

TEST_CASE("without memory for another process the work is done all the same") {
    World world;
    world.system.no_more_processes = true;
    CHECK(world.run().saved == Saved::complete);
    CHECK(world.system.heard("Cannot allocate memory"));
    CHECK(exists(world.dump("a") + "/vmcore"));
}

TEST_CASE("a target is abandoned at its deadline") {
    World world;
    add_second_disk(world);
    world.system.hang_in_isolation = {1};
    world.frozen.settings.stall_timeout = std::chrono::seconds(3600);
    world.frozen.settings.target_deadline = std::chrono::seconds(40);
    CHECK(world.run().saved == Saved::complete);
    CHECK(world.system.heard("abandoning the target: it was not done in 55 s"));
    CHECK(exists(world.dump("b") + "/vmcore"));
}

TEST_CASE("a dump that is not done at the deadline goes to the next target, not down the ladder") {
    World world;
    add_second_disk(world);
    world.frozen.settings.target_deadline = std::chrono::seconds(40);
    world.collector("echo part > \"$OUT\"; touch \"$0.hung\"; exec sleep 1000");
    CHECK(world.run().saved == Saved::partial);
    CHECK(world.summary("a")["attempts"].size() == 1);
    CHECK(world.summary("a")["partial_reason"] == "the target's deadline came first");
    CHECK(exists(world.dump("b") + "/vmcore.incomplete"));
}

TEST_CASE("the other targets get the first words, and say where the dump is") {
    World world;
    add_second_disk(world);
    CHECK(world.run().saved == Saved::complete);
    CHECK(exists(world.dump("a") + "/vmcore"));
    CHECK(exists(world.dump("b") + "/dmesg.txt"));
    CHECK_FALSE(exists(world.dump("b") + "/vmcore"));
    const auto summary = world.summary("b");
    CHECK(summary["complete"] == false);
    CHECK(summary["partial_reason"].get<std::string>().find("the dump is at " + target(uuid_a).url()) == 0);
    CHECK(summary["panic_line"] == world.summary("a")["panic_line"]);
}

TEST_CASE("capture.copies: as many dumps as are wanted") {
    World world;
    add_second_disk(world);
    world.frozen.settings.copies = 2;
    CHECK(world.run().saved == Saved::complete);
    CHECK(exists(world.dump("a") + "/vmcore"));
    CHECK(exists(world.dump("b") + "/vmcore"));
}

TEST_CASE("the last resort is a filesystem that nobody named, if the settings allow it") {
    for (const bool allowed : {true, false}) {
        World world;
        world.system.disk_table["vda"].mount_errno = EIO;
        world.system.disk_table["vdb"] = FakeDisk{uuid_b, "xfs", world.disk("b"), 0, 0, false, 1 << 30};
        if (allowed)
            world.frozen.settings.last_resort = {std::string("UUID=") + uuid_b};
        CHECK(world.run().saved == (allowed ? Saved::complete : Saved::nothing));
        CHECK(exists(world.folder / "disk-b/kdumpkit") == allowed);
        CHECK(world.system.heard("last resort: file:///kdumpkit") == allowed);
    }
}

TEST_CASE("last resorts: what is allowed, no target already, once, and can be written") {
    Settings settings;
    settings.targets = {target(uuid_a)};
    const std::vector<FoundFilesystem> found{{"vda", {uuid_a, "ext4"}},
                                             {"vdb", {uuid_b, "btrfs"}},
                                             {"vdc", {uuid_b, "btrfs"}},
                                             {"vdd", {"1234-ABCD", "vfat"}},
                                             {"vde", {"00000000-1", "gfs2"}}};
    CHECK(last_resorts(settings, found).empty());
    settings.last_resort = {"any"};
    REQUIRE(last_resorts(settings, found).size() == 2);
    CHECK(last_resorts(settings, found)[0].url() ==
          std::string("file:///kdumpkit?fs=UUID=") + uuid_b + "&type=btrfs");
    settings.last_resort = {"UUID=1234-abcd"};
    CHECK(last_resorts(settings, found).size() == 1);
    settings.last_resort = {"any"};
    settings.targets = {target("1234-abcd")};
    CHECK(last_resorts(settings, found).size() == 2); // the two others
}

TEST_CASE("what nobody takes is on the console and in pstore") {
    World world;
    world.system.disk_table.clear();
    put_file(world.places.pmsg, "");
    world.run();
    CHECK(get_file(world.places.pmsg).find("Kernel panic - not syncing: sysrq triggered crash") !=
          std::string::npos);
}

TEST_CASE("a hook that fails or hangs stops nothing") {
    World world;
    put_file(world.folder / "bad", "#!/bin/sh\necho bad $1 $2; exit 3\n");
    put_file(world.folder / "hang", "#!/bin/sh\ntouch " + world.system.hung_marker + "\nsleep 1000\n");
    for (const char* name : {"bad", "hang"})
        ::chmod((world.folder / name).c_str(), 0755);
    world.frozen.settings.hooks.pre = {world.folder / "hang", world.folder / "none"};
    world.frozen.settings.hooks.post = {world.folder / "bad"};
    CHECK(world.run().saved == Saved::complete);
    CHECK(world.system.heard("killed: it was not done after 30 s"));
    CHECK(world.system.heard("cannot start"));
    CHECK(world.system.heard("bad post complete"));
    CHECK(world.system.heard("exit code 3"));
}

TEST_CASE("old dumps make room before a new one, never the newest complete one") {
    // Newest first.
    const std::vector<Dump> dumps{dump_of(9, false, 10), dump_of(8, true, 100), dump_of(7, true, 100),
                                  dump_of(6, true, 100)};
    const auto names = [&](const Room& room) {
        std::string text;
        for (const Removal& removal : room.removals)
            text += removal.dump->name.substr(6, 2) + " ";
        return text + room.out_of_reach;
    };
    const std::uint64_t mib = 1 << 20;
    CHECK(names(make_room(dumps, Retention{}, 0, 0, 50 * mib)).empty());
    CHECK(names(make_room(dumps, Retention{3, 0, 0, 0}, 0, 0, 0)) == "06 ");
    CHECK(names(make_room(dumps, Retention{0, 0, 0, 1}, 0, 900 * mib, 50 * mib)) == "06 07 ");
    CHECK(names(make_room(dumps, Retention{0, 0, 0, 1}, 0, 874 * mib, 50 * mib)) == "06 07 ");
    CHECK(names(make_room(dumps, Retention{0, 0, 0, 1}, 0, 870 * mib, 50 * mib)) == "06 07 09 ");
    // Those from the future go first.
    CHECK(names(make_room(dumps, Retention{0, 0, 0, 1}, dumps[2].utc, 900 * mib, 50 * mib)) == "08 09 06 ");
    // When all of them are not enough, none goes for it; what the other limits say goes.
    const std::string never = "1 GiB cannot be kept free, not even without ";
    CHECK(names(make_room(dumps, Retention{0, 0, 0, 1}, 0, 0, 50 * mib)) ==
          never + "3 older dumps: they stay");
    CHECK(names(make_room(dumps, Retention{3, 0, 0, 1}, 0, 0, 50 * mib)) ==
          "06 " + never + "2 older dumps: they stay");
    CHECK(names(make_room({}, Retention{0, 0, 0, 1}, 0, 0, 0)) == "1 GiB cannot be kept free");
    CHECK(names(make_room(dumps, Retention{0, 0, 0, 1}, 0, 2000 * mib, 50 * mib)).empty());
}

TEST_CASE("what other machines left on a shared target stays, and does not count") {
    World world;
    world.frozen.settings.retention.count = 1;
    world.frozen.former_hosts = {"formerly"};
    const std::string folder = world.disk("a") + "/var/crash/";
    put_file(folder + "20251231T000000Z-formerly/summary.json",
             R"({"state": "finished", "host": "formerly"})");
    for (const char* host : {"guest", "other"})
        for (const char* day : {"20260101", "20260102"})
            put_file(fmt::format("{}{}T000000Z-{}/summary.json", folder, day, host),
                     fmt::format(R"({{"state": "finished", "host": "{}"}})", host));
    CHECK(world.run().saved == Saved::complete);
    CHECK_FALSE(exists(folder + "20251231T000000Z-formerly"));
    CHECK_FALSE(exists(folder + "20260101T000000Z-guest"));
    CHECK(exists(folder + "20260102T000000Z-guest")); // the one that is kept
    CHECK(exists(folder + "20260101T000000Z-other"));
    CHECK(exists(folder + "20260102T000000Z-other"));
    CHECK(world.system.heard("other machines' dumps here, which stay: 2"));
}

TEST_CASE("how large a dump may be is a guess that says what it rests on") {
    Settings settings;
    const std::uint64_t gib = std::uint64_t{1} << 30;
    CHECK(guess_dump(settings, {}, 20 * gib).bytes == gib);
    CHECK(guess_dump(settings, {dump_of(1, true, 100)}, gib).bytes == std::uint64_t{150} << 20);
    CHECK(guess_dump(settings, {dump_of(1, false, 100)}, 20 * gib).bytes == gib); // tells nothing
    settings.level = 1;
    CHECK(guess_dump(settings, {}, 2 * gib).bytes == gib);
    settings.method = DumpMethod::copy;
    CHECK(guess_dump(settings, {}, 2 * gib).bytes == 2 * gib);
}

TEST_CASE("the retention is applied in the capture kernel") {
    World world;
    world.frozen.settings.retention.count = 1;
    CHECK(world.run().saved == Saved::complete);
    CHECK(world.run().saved == Saved::complete);
    CHECK(world.run().saved == Saved::complete);
    int left = 0;
    for (const auto& entry : std::filesystem::directory_iterator(world.folder / "disk-a/var/crash"))
        left += entry.is_directory();
    CHECK(left == 2); // the newest of before, and the new one
    CHECK(world.system.heard("removes 20261123T010140Z-guest"));
}

TEST_CASE("the room of retention.free_gib is that of the target's filesystem, whatever else is there") {
    struct Row {
        std::string path;
        std::uint64_t boot, root; // MiB that are free
        std::string target, says;
    };
    for (const Row& row : std::vector<Row>{
             {"/crash", 100, 9000, uuid_a,
              "1 GiB cannot be kept free"}, // a folder of /boot, a disk of its own
             {"/", 100, 9000, uuid_a, "1 GiB cannot be kept free"},
             {"/crash", 9000, 100, uuid_a, "are free"},
             {"/var/crash", 100, 9000, uuid_b, "are free"}, // of the root filesystem
             {"/var/crash", 9000, 100, uuid_b, "1 GiB cannot be kept free"},
         }) {
        CAPTURE(row.path, row.boot, row.root);
        World world;
        world.frozen.settings.retention.free_gib = 1;
        world.frozen.settings.targets = {file_target(row.path, "UUID=" + row.target, "ext4")};
        world.system.disk_table["vda"].available = row.boot << 20;
        world.system.disk_table["vdb"] =
            FakeDisk{uuid_b, "ext4", world.disk("b"), 0, 0, false, row.root << 20};
        CHECK(world.run().saved == Saved::complete);
        CHECK(world.system.heard(row.says));
        CHECK(world.system.heard("cannot be kept free") == (row.says != "are free"));
    }
}

TEST_CASE("isolated work answers, says, and can be killed with all that it started") {
    std::vector<std::string> said;
    ProgramWatch watch;
    watch.line = [&](std::string_view line) { said.emplace_back(line); };
    const auto speak = [](Fd words) { (void)write_all(words.get(), as_bytes("hello\n"), "words"); };
    const std::string large(1 << 20, 'a'); // more than a pipe holds
    const auto end = run_isolated([&] { return large; }, speak, watch);
    REQUIRE(end);
    CHECK(end->answer == large);
    CHECK(said == std::vector<std::string>{"hello"});

    int changed = 0;
    const auto dead = run_isolated(
        [&]() -> std::string {
            changed = 1;
            ::raise(SIGSEGV);
            return {};
        },
        speak, watch);
    REQUIRE(dead);
    CHECK(dead->status.signal == SIGSEGV);
    CHECK(changed == 0);

    watch.tick = [](double) { return TickAnswer::kill; };
    watch.tick_interval = std::chrono::milliseconds(100);
    const auto killed = run_isolated(
        [] {
            ::sleep(1000);
            return std::string();
        },
        speak, watch);
    REQUIRE(killed);
    CHECK(killed->status.timed_out);
}
