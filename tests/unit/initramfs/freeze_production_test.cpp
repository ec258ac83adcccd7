// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/firmware_map.h"
#include "initramfs/freeze_production.h"
#include "temporary_folder.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::initramfs;
using test::TemporaryFolder;

TEST_CASE("the production kernel and its initrd have the names that packages give them") {
    struct Row {
        std::vector<std::string> names;
        std::string kernel, initrd;
    };
    const std::vector<Row> rows{
        {{"config-6.1", "initrd.img-6.1", "vmlinuz-6.1", "vmlinuz-6.2"}, "vmlinuz-6.1", "initrd.img-6.1"},
        {{"initramfs-6.1.img", "vmlinuz-6.1"}, "vmlinuz-6.1", "initramfs-6.1.img"},
        {{"initrd-6.1", "vmlinuz-6.1"}, "vmlinuz-6.1", "initrd-6.1"},
        {{"initrd.img-6.2", "vmlinux-6.1"}, "vmlinux-6.1", ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.names);
        const auto found = production_names("6.1", row.names);
        REQUIRE(found);
        CHECK(found->kernel == row.kernel);
        CHECK(found->initrd == row.initrd);
    }
    CHECK(production_names("6.1", {"vmlinuz-6.2"}).error().kind == ErrorKind::absent);
    CHECK(production_names("6.1", {}).error().kind == ErrorKind::absent);
}

TEST_CASE("the production kernel of another root is none") {
    Surroundings around;
    around.running_system = false;
    CHECK(freeze_production(around).error().kind == ErrorKind::invalid);
}

TEST_CASE("the firmware's memory map is read in the kernel's order, and its RAM is what it calls so") {
    TemporaryFolder folder;
    const auto entry = [&](const std::string& number, const std::string& start, const std::string& end,
                           const std::string& type) {
        const std::string at = "sys/firmware/memmap/" + number + "/";
        folder.file(at + "start", start + "\n");
        folder.file(at + "end", end + "\n");
        folder.file(at + "type", type + "\n");
    };
    entry("10", "0x100000", "0x3fffffff", "System RAM");
    entry("2", "0xf0000", "0xfffff", "Reserved");
    entry("0", "0x0", "0x9fbff", "System RAM");
    entry("11", "0x40000000", "0x3fffffff", "System RAM"); // ends before it begins
    entry("12", "0x40000000", "0xffffffffffffffff", "System RAM");
    entry("x", "0x0", "0x1", "System RAM");
    const auto map = read_firmware_map(folder.path() + "/sys");
    REQUIRE(map.size() == 5);
    CHECK(map[0] == FirmwareRange{"0x0", "0x9fbff", "System RAM"});
    CHECK(map[1].type == "Reserved");
    CHECK(map[2].start == "0x100000");
    CHECK(ram_of(map) == RangeSet{{0, 0x9fc00}, {0x100000, 0x40000000}});
    CHECK(read_firmware_map(folder.path() + "/absent").empty());
}
