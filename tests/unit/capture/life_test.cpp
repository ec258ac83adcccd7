// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/bytes.h"
#include "capture/action.h"
#include "capture/stages.h"
#include "fake_system.h"

#include <cstring>

#include <catch2/catch.hpp>
#include <elf.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

using namespace kdumpkit;
using namespace kdumpkit::capture;

namespace {

constexpr const char* uuid_a = "3b7f1f5e-1f4e-4d7e-9d1f-0123456789aa";
constexpr const char* uuid_b = "3b7f1f5e-1f4e-4d7e-9d1f-0123456789bb";

Target target(const std::string& uuid) {
    return {"/var/crash", "UUID=" + uuid, "ext4"};
}

// A crashed memory: headers, the note of a kernel, and pages, of which every other is zero.
std::string fake_vmcore() {
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_phoff = sizeof header;
    header.e_phnum = 1;
    const std::string body = "OSRELEASE=6.1.0-test\nCRASHTIME=1795395700\n";
    Elf64_Nhdr note{11, static_cast<Elf64_Word>(body.size()), 0};
    Elf64_Phdr notes{};
    notes.p_type = PT_NOTE;
    notes.p_offset = 4096;
    notes.p_filesz = sizeof note + 12 + body.size();
    std::string text(as_text(bytes_of(header)));
    text += as_text(bytes_of(notes));
    text.resize(4096);
    text += as_text(bytes_of(note));
    text += std::string("VMCOREINFO\0", 11);
    text += '\0';
    text += body;
    text.resize(8192);
    for (int i = 0; i < 32; ++i)
        text += std::string(4096, i % 2 == 0 ? '\0' : 'm');
    return text;
}

// A capture initramfs in a folder, with two disks and a collector that is a shell script.
struct World {
    TemporaryFolder folder;
    FakeSystem system;
    Places places;
    Frozen frozen;
    std::string vmcore = fake_vmcore();

    World() {
        places.frozen = folder / "frozen.toml";
        places.vmcore = folder / "proc/vmcore";
        places.collector = folder / "makedumpfile-lite";
        places.target = folder / "mnt/target";
        places.scratch = folder / "run";
        places.meminfo = folder / "proc/meminfo";
        places.command_line = folder / "proc/cmdline";
        places.panic_timeout = folder / "proc/panic";
        places.kernel_release = folder / "proc/osrelease";
        put_file(places.vmcore, vmcore);
        put_file(places.meminfo, "MemTotal:         155000 kB\nMemFree: 1 kB\nMemAvailable:     120000 kB\n");
        put_file(places.command_line, "console=ttyS0 panic=10 elfcorehdr=0x1000\n");
        put_file(places.panic_timeout, "0\n");
        put_file(places.kernel_release, "6.1.0-capture\n");
        std::filesystem::create_directories(places.scratch);
        system.disk_table["vda"] = FakeDisk{uuid_a, "ext4", disk("a"), 0, 0, false, 1 << 30};
        frozen.host = "guest";
        frozen.kernel_release = "6.1.0-capture";
        frozen.settings.targets = {target(uuid_a)};
        frozen.settings.failure_action = FinalAction::poweroff;
        collector(dump_well);
    }
    std::string disk(const std::string& name) {
        std::filesystem::create_directories(folder / ("disk-" + name));
        return folder / ("disk-" + name);
    }

    static constexpr const char* dump_well = R"(
        echo "makedumpfile-lite: filtering" >&2
        echo '{"program": "makedumpfile-lite", "complete": true, "pages": {"total": 34, "kept": 16}}' > "$SUMMARY"
        echo "a filtered dump at level $LEVEL" > "$OUT"
    )";
    // The body of the dump half; dmesg is always the same.
    void collector(const std::string& dump_body, const std::string& dmesg_body = {}) {
        const std::string dmesg =
            dmesg_body.empty() ? "printf '[ 1.0] hello\\n[ 2.5] sysrq: Trigger a crash\\n"
                                 "[ 2.6] Kernel panic - not syncing: sysrq triggered crash\\n' > \"$3\""
                               : dmesg_body;
        put_file(places.collector, "#!/bin/sh\nif [ \"$1\" = --dump-dmesg ]; then\n" + dmesg +
                                       "\nexit\nfi\nLEVEL=$2 ALGORITHM=$4 SUMMARY=$6 VMCORE=$7 OUT=$8\n" +
                                       dump_body + "\n");
        ::chmod(places.collector.c_str(), 0755);
    }
    LifeEnd run() {
        put_file(places.frozen, to_toml(frozen));
        const LifeEnd end = live(system, places, folder.path.string());
        UNSCOPED_INFO(system.console_text());
        return end;
    }
    // The one dump folder on a disk, or "" when there is none.
    std::string dump(const std::string& name = "a") {
        const std::filesystem::path crash = folder / ("disk-" + name + "/var/crash");
        std::string found;
        if (std::filesystem::exists(crash)) {
            for (const auto& entry : std::filesystem::directory_iterator(crash))
                found = entry.path().string();
        }
        return found;
    }
    nlohmann::json summary(const std::string& name = "a") {
        return nlohmann::json::parse(get_file(dump(name) + "/summary.json"));
    }
};

bool exists(const std::string& path) {
    return std::filesystem::exists(path);
}

} // namespace

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
    for (const std::string words :
         {"memory: 151 MiB in all", "makedumpfile-lite: filtering", "panic: Kernel", "saved vmcore",
          "loaded the modules virtio virtio_blk"}) {
        INFO(words);
        CHECK(world.system.heard(words));
        CHECK(log.find(words) != std::string::npos);
    }
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
    CHECK_FALSE(exists(world.places.scratch + "/dmesg.txt"));
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
    put_file(world.places.frozen, "host = [");
    CHECK(live(world.system, world.places, world.folder.path.string()).saved == Saved::nothing);
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
