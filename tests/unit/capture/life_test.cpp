// SPDX-License-Identifier: GPL-2.0-or-later
#include "world.h"

using namespace kdumpkit;
using namespace kdumpkit::capture;

TEST_CASE("a good life: dmesg, summary, dump, rename, reboot") {
    World world;
    world.frozen.modules = {"/usr/lib/modules/v/virtio.ko", "/usr/lib/modules/v/virtio_blk.ko"};
    const LifeEnd end = world.run();
    CHECK(end.saved == Saved::complete);
    CHECK(end.action == FinalAction::reboot);
    CHECK(world.system.modules == world.frozen.modules);
    CHECK(world.system.mounts == std::vector<std::string>{"proc proc", "sysfs sysfs", "devtmpfs devtmpfs",
                                                          "tmpfs tmpfs", "/dev/vda ext4"});
    CHECK(world.system.unmounts == 1);

    const std::string dump = world.dump();
    CHECK(std::filesystem::path(dump).filename() == "20261123T010140Z-guest");
    CHECK(get_file(dump + "/vmcore") == "a filtered dump at level 31\n");
    CHECK(get_file(dump + "/dmesg.txt").find("sysrq: Trigger a crash") != std::string::npos);
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(dump))
        names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    CHECK(names == std::vector<std::string>{"capture.log", "dmesg.txt", "summary.json", "vmcore"});
    CHECK((std::filesystem::status(dump).permissions() & std::filesystem::perms::others_all) ==
          std::filesystem::perms::none);

    const auto summary = world.summary();
    CHECK(summary["state"] == "finished");
    CHECK(summary["complete"] == true);
    CHECK(summary["partial_reason"].is_null());
    CHECK(summary["kernel_release"] == "6.1.0-test");
    CHECK(summary["host"] == "guest");
    CHECK(summary["panic_line"] == "Kernel panic - not syncing: sysrq triggered crash");
    CHECK(summary["panic_cause"] == "sysrq: Trigger a crash");
    CHECK(summary["panic_utc"] == "2026-11-23T01:01:40Z");
    CHECK(summary["collector"]["pages"]["kept"] == 16);
    CHECK(summary["attempts"].size() == 1);
    CHECK(summary["attempts"][0]["level"] == 31);
    CHECK(summary["bytes"]["memory"] == world.vmcore.size());
    CHECK(summary["memory"]["total_kib"] == 155000);
    for (const char* stage : {"kernel", "modules", "wait", "mount", "dmesg", "dump", "sync"})
        CHECK(summary["seconds"]["stages"].contains(stage));

    // Every line of the console is in the log, also those from before the mount, and the collector's own.
    const std::string log = get_file(dump + "/capture.log");
    for (const std::string words : {"memory: 151 MiB in all", "makedumpfile-lite: filtering", "panic: Kernel",
                                    "saved vmcore", "loaded the modules virtio virtio_blk"}) {
        INFO(words);
        CHECK(world.system.heard(words));
        CHECK(log.find(words) != std::string::npos);
    }
}

TEST_CASE("a machine whose clock is not set names a dump by its boot, too") {
    World world;
    const std::string time = "1795395700";
    world.vmcore.replace(world.vmcore.find(time), time.size(), "0000000012");
    put_file(world.places.vmcore, world.vmcore);
    put_file(world.places.boot_id, "0f3a9c21-5b7e-4c80-9d7e-64a5b1c2d3e4\n");
    CHECK(world.run().saved == Saved::complete);
    CHECK(std::filesystem::path(world.dump()).filename() == "19700101T000012Z-guest-0f3a9c21");
}

TEST_CASE("dmesg and a summary are on the disk before the dump begins") {
    World world;
    world.collector(R"(cp "$(dirname "$OUT")/summary.json" "$(dirname "$OUT")/early.json"
                       test -s "$(dirname "$OUT")/dmesg.txt" && test -s "$(dirname "$OUT")/capture.log" || exit 1
                       echo dump > "$OUT")");
    CHECK(world.run().saved == Saved::complete);
    const auto early = nlohmann::json::parse(get_file(world.dump() + "/early.json"));
    CHECK(early["state"] == "in progress");
    CHECK(early["complete"] == false);
    CHECK(early["panic_cause"] == "sysrq: Trigger a crash");
    CHECK(world.summary()["attempts"].size() == 1);
}

TEST_CASE("a filter that fails once is asked again at a lower level") {
    World world;
    world.collector(
        std::string("if [ $LEVEL = 31 ]; then echo half > \"$OUT\"; echo 'no BTF' >&2; exit 4; fi\n") +
        World::dump_well);
    CHECK(world.run().saved == Saved::complete);
    CHECK(get_file(world.dump() + "/vmcore") == "a filtered dump at level 1\n");
    const auto summary = world.summary();
    REQUIRE(summary["attempts"].size() == 2);
    CHECK(summary["attempts"][0]["success"] == false);
    CHECK(summary["attempts"][0]["outcome"] == "exit code 4");
    CHECK(summary["attempts"][1]["level"] == 1);
    CHECK(summary["complete"] == true);
    CHECK(world.system.heard("no BTF"));
}

TEST_CASE("a filter that always fails, however, ends in a plain copy") {
    World world;
    world.collector("exit 1");
    CHECK(world.run().saved == Saved::complete);
    CHECK(get_file(world.dump() + "/vmcore") == world.vmcore);
    const auto summary = world.summary();
    REQUIRE(summary["attempts"].size() == 3);
    CHECK(summary["attempts"][2]["method"] == "copy");
    CHECK(summary["collector"].is_null());
}

TEST_CASE("a collector killed by a signal is no end") {
    World world;
    world.collector("kill -9 $$");
    CHECK(world.run().saved == Saved::complete);
    CHECK(world.summary()["attempts"][0]["ending"] == "killed");
    CHECK(world.system.heard("killed by signal 9"));
    CHECK(get_file(world.dump() + "/vmcore") == world.vmcore);
}

TEST_CASE("a missing collector leaves the plain copy, without dmesg") {
    World world;
    std::filesystem::remove(world.places.collector);
    CHECK(world.run().saved == Saved::complete);
    CHECK(get_file(world.dump() + "/vmcore") == world.vmcore);
    CHECK(world.summary()["attempts"].size() == 2);
    CHECK(world.summary()["panic_line"].is_null());
    CHECK(world.system.heard("log could not be read"));
}

TEST_CASE("a collector that exits 0 and writes nothing has not succeeded") {
    World world;
    world.collector("exit 0");
    CHECK(world.run().saved == Saved::complete);
    CHECK(world.summary()["attempts"].size() == 3);
    CHECK(get_file(world.dump() + "/vmcore") == world.vmcore);
}

TEST_CASE("a dump that the collector itself calls incomplete is never named vmcore") {
    World world;
    world.collector("echo '{\"complete\": false}' > \"$SUMMARY\"; echo part > \"$OUT\"");
    const LifeEnd end = world.run();
    CHECK(end.saved == Saved::partial);
    CHECK(end.action == FinalAction::poweroff);
    CHECK_FALSE(exists(world.dump() + "/vmcore"));
    CHECK(get_file(world.dump() + "/vmcore.incomplete") == "part\n");
    CHECK(world.summary()["complete"] == false);
}

TEST_CASE("with [dump] method = copy the collector only reads the log") {
    World world;
    world.frozen.settings.method = DumpMethod::copy;
    CHECK(world.run().saved == Saved::complete);
    CHECK(get_file(world.dump() + "/vmcore") == world.vmcore);
    CHECK(world.system.commands.size() == 1);
}

TEST_CASE("without /proc/vmcore nothing is touched") {
    World world;
    std::filesystem::remove(world.places.vmcore);
    const LifeEnd end = world.run();
    CHECK(end.saved == Saved::nothing);
    CHECK(end.action == FinalAction::poweroff);
    CHECK(world.system.heard("This is not a capture kernel"));
    CHECK(world.system.modules.empty());
    CHECK(world.dump().empty());
}

TEST_CASE("a frozen file that is missing or broken ends in a reboot") {
    World world;
    CHECK(live(world.system, world.places, world.folder.path.string()).action == FinalAction::reboot);
    CHECK(world.system.heard("frozen.toml"));
    // The console is then all that there is.
    CHECK(world.system.heard("[ 2.5] sysrq: Trigger a crash"));
    CHECK(world.system.heard("panic: Kernel panic - not syncing: sysrq triggered crash"));
    world.system.said.clear();
    put_file(world.places.frozen, "host = [");
    CHECK(live(world.system, world.places, world.folder.path.string()).saved == Saved::nothing);
    CHECK(world.system.heard("[ 2.5] sysrq: Trigger a crash"));
}

TEST_CASE("a module that fails is said, one that is there already is not, and the life goes on") {
    World world;
    world.frozen.modules = {"/m/a.ko", "/m/b.ko", "/m/c.ko"};
    world.system.module_errno = {{"/m/a.ko", ENOEXEC}, {"/m/b.ko", EEXIST}};
    CHECK(world.run().saved == Saved::complete);
    CHECK(world.system.modules.size() == 3);
    CHECK(world.system.heard("cannot load the module /m/a.ko"));
    CHECK_FALSE(world.system.heard("/m/b.ko"));
}

TEST_CASE("modules get what the command line has for them, and do without what they do not take") {
    World world;
    put_file(world.places.command_line, "panic=10 a.size=4 b.size=5\n");
    world.frozen.modules = {"/m/a.ko", "/m/b.ko", "/m/c.ko"};
    world.system.module_errno = {{"/m/b.ko size=5", EINVAL}};
    CHECK(world.run().saved == Saved::complete);
    CHECK(world.system.modules ==
          std::vector<std::string>{"/m/a.ko size=4", "/m/b.ko size=5", "/m/b.ko", "/m/c.ko"});
    CHECK(world.system.heard("with \"size=5\"; once more without"));
    CHECK(world.system.heard("loaded the modules a b c"));
}

TEST_CASE("modules of another kernel are warned about") {
    World world;
    world.frozen.kernel_release = "6.12.0";
    CHECK(world.run().saved == Saved::complete);
    CHECK(world.system.heard("built for Linux 6.12.0"));
}

TEST_CASE("an exception in the middle ends in the failure action") {
    World world;
    world.system.throw_in_disks = true;
    const LifeEnd end = world.run();
    CHECK(end.saved == Saved::nothing);
    CHECK(end.action == FinalAction::poweroff);
    CHECK(world.system.heard("broke off: out of memory"));
}

TEST_CASE("two dumps in the same second do not overwrite each other") {
    World world;
    CHECK(world.run().saved == Saved::complete);
    CHECK(world.run().saved == Saved::complete);
    CHECK(exists(world.folder / "disk-a/var/crash/20261123T010140Z-guest/vmcore"));
    CHECK(exists(world.folder / "disk-a/var/crash/20261123T010140Z-guest-2/vmcore"));
}

TEST_CASE("panic= is set only where it is missing and a reboot is wanted") {
    CHECK(sets_panic_timeout("quiet panic=10"));
    CHECK(sets_panic_timeout("panic=-1\n"));
    CHECK_FALSE(sets_panic_timeout("quiet panic_on_oops=1 -- panic=1"));
    CHECK_FALSE(sets_panic_timeout(""));
    World world;
    world.frozen.settings.failure_action = FinalAction::reboot;
    world.run();
    CHECK(get_file(world.places.panic_timeout) == "0\n");
    put_file(world.places.command_line, "quiet\n");
    world.run();
    CHECK(get_file(world.places.panic_timeout).starts_with("5"));
}

TEST_CASE("an action that the kernel refuses is tried again and given up at last") {
    World world;
    CaptureLog log(world.system);
    world.system.refuse_acts = 2;
    perform(world.system, log, FinalAction::reboot);
    CHECK(world.system.acts.size() == 3);
    world.system.refuse_acts = 100;
    perform(world.system, log, FinalAction::halt);
    CHECK(world.system.acts.size() == 6);
    CHECK(world.system.heard("cannot reboot this machine"));
}

TEST_CASE("the dry run names targets, the ladder and the actions") {
    World world;
    std::string text;
    for (const std::string& line : describe_stages(world.frozen))
        text += line + "\n";
    CHECK(text.find("filter at level 31 with zstd, then filter at level 1 with zstd, then plain copy") !=
          std::string::npos);
    CHECK(text.find(uuid_a) != std::string::npos);
    CHECK(text.find("poweroff") != std::string::npos);
}

TEST_CASE("the rehearsal refuses a frozen file that no dump could come of, and says what to do") {
    World world;
    const auto refused = [&](ErrorKind kind, const char* words) {
        const auto lines = rehearse(world.places.frozen);
        REQUIRE_FALSE(lines);
        INFO(lines.error().message());
        CHECK(lines.error().kind == kind);
        CHECK(lines.error().message().find(words) != std::string::npos);
        CHECK_FALSE(lines.error().next_step.empty());
    };
    refused(ErrorKind::absent, "frozen.toml");
    put_file(world.places.frozen, "host = [");
    REQUIRE_FALSE(rehearse(world.places.frozen));
    CHECK_FALSE(rehearse(world.places.frozen).error().next_step.empty());
    put_file(world.places.frozen, "");
    refused(ErrorKind::invalid, "no target");
    Frozen unresolved = world.frozen;
    unresolved.settings.targets = {file_target("/var/crash")};
    put_file(world.places.frozen, to_toml(unresolved));
    refused(ErrorKind::invalid, "none of its targets");
    put_file(world.places.frozen, to_toml(world.frozen));
    CHECK(rehearse(world.places.frozen).value() == describe_stages(world.frozen));
}
