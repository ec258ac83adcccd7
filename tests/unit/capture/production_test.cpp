// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/bus_masters.h"
#include "config/production.h"
#include "world.h"

using namespace kdumpkit;
using namespace kdumpkit::capture;

namespace {

// A life whose end is a kexec from a disk of its own.
struct KexecWorld : World {
    Production production;

    explicit KexecWorld(const std::string& loader = "echo loading \"$2\" \"$3\"; test -e \"$2\"") {
        places.kexec = folder / "kdump-kexec";
        places.production = folder / "production.toml";
        places.cpuinfo = folder / "cpuinfo";
        places.pci_devices = folder / "pci";
        places.boot = folder / "mnt/boot";
        put_file(places.kexec, "#!/bin/sh\n" + loader + "\n");
        ::chmod(places.kexec.c_str(), 0755);
        put_file(places.cpuinfo, "processor\t: 0\napicid\t\t: 0\n");
        frozen.settings.final_action = FinalAction::kexec;
        system.disk_table["vdb"] = FakeDisk{uuid_b, "ext4", disk("b"), 0, 0, false, 0};
        put_file(disk("b") + "/boot/vmlinuz", "a kernel");
        production.release = "6.1.0-test";
        production.boot_cpu = "0";
        production.filesystem = uuid_b;
        production.filesystem_type = "ext4";
        production.kernel.path = "/boot/vmlinuz";
        production.initrd.path = "/boot/initrd.img";
        production.memory = {{"0x0", "0x9fbff", "System RAM"}};
    }
    LifeEnd run_to_end() {
        put_file(places.production, to_toml(production));
        return run();
    }
    [[nodiscard]] bool gave_up() const { return system.heard("the machine reboots through the firmware"); }
};

// As sysfs has it: the class, and 64 bytes of configuration.
void put_device(const std::string& folder, const std::string& name, const char* pci_class, unsigned command,
                bool driver = false) {
    const std::string device = folder + "/" + name;
    put_file(device + "/class", std::string(pci_class) + "\n");
    std::string config(64, '\0');
    config[4] = static_cast<char>(command & 0xff);
    config[5] = static_cast<char>(command >> 8);
    put_file(device + "/config", config);
    if (driver)
        put_file(device + "/driver", "");
}
unsigned command(const std::string& folder, const std::string& name) {
    const std::string config = get_file(folder + "/" + name + "/config");
    return static_cast<unsigned char>(config[4]) | static_cast<unsigned char>(config[5]) << 8U;
}

} // namespace

TEST_CASE("after the dump the production kernel is loaded from its disk and started") {
    KexecWorld world;
    CHECK(world.run_to_end().action == FinalAction::kexec);
    CHECK(world.system.heard("loading " + (world.folder / "mnt/boot/boot/vmlinuz") + " " +
                             (world.folder / "mnt/boot/boot/initrd.img")));
    CHECK(world.system.unmounts == 2); // the target, then this one
    CHECK_FALSE(world.gave_up());
}

TEST_CASE("what is packed needs no disk") {
    KexecWorld world;
    world.production.filesystem.clear();
    world.production.kernel.path = world.folder / "vmlinuz";
    world.production.initrd.path.clear();
    put_file(world.folder / "vmlinuz", "a kernel");
    CHECK(world.run_to_end().action == FinalAction::kexec);
    CHECK(world.system.unmounts == 1);
}

TEST_CASE("what cannot be started ends in a reboot that says why") {
    const auto ends = [](KexecWorld& world, const std::string& words) {
        CHECK(world.run_to_end().action == FinalAction::reboot);
        CHECK(world.system.heard(words));
        CHECK(world.gave_up());
    };
    SECTION("the loader refuses") {
        KexecWorld world("echo no room for it; exit 5");
        ends(world, "no room for it");
        CHECK(world.system.unmounts == 3); // the target, production's disk, the target again for the reason
        const std::string log = get_file(world.dump() + "/capture.log");
        const std::size_t reason = log.find("no room for it");
        CHECK(reason != std::string::npos);
        CHECK(log.find("no room for it", reason + 1) == std::string::npos);
        CHECK(log.find("saved vmcore") < reason);
    }
    SECTION("the loader hangs") {
        KexecWorld world;
        put_file(world.places.kexec, "#!/bin/sh\ntouch " + world.system.hung_marker + "\nsleep 1000\n");
        ends(world, "killing kdump-kexec");
    }
    SECTION("a kernel that is not the one that crashed") {
        KexecWorld world;
        world.production.release = "6.1.0-other";
        ends(world, "was made when Linux 6.1.0-other ran, and 6.1.0-test crashed");
    }
    SECTION("another CPU than the machine's first") {
        KexecWorld world;
        world.production.boot_cpu = "3";
        ends(world, "APIC ID 0, and a kernel can only be started on 3");
    }
    SECTION("a CPU that nobody can name") {
        KexecWorld world;
        put_file(world.places.cpuinfo, "");
        world.production.boot_cpu.clear();
        ends(world, "(unknown)");
    }
    SECTION("its disk does not come") {
        KexecWorld world;
        world.system.disk_table.erase("vdb");
        ends(world, "it did not appear in 30 s");
    }
    SECTION("it cannot be mounted") {
        KexecWorld world;
        world.system.disk_table["vdb"].mount_errno = EIO;
        ends(world, "cannot mount");
    }
    SECTION("the work hangs in the kernel") {
        KexecWorld world;
        world.system.hang_in_isolation.insert(2);
        ends(world, "it does not die");
    }
    SECTION("no process can be started") {
        KexecWorld world;
        world.system.no_more_processes = true;
        ends(world, "cannot start a process");
    }
}

TEST_CASE("an initramfs without a production kernel reboots") {
    KexecWorld world;
    CHECK(world.run().action == FinalAction::reboot);
    CHECK(world.gave_up());
}

TEST_CASE("devices without a driver lose the right to write to memory, and no others do") {
    KexecWorld world;
    const std::string pci = world.places.pci_devices;
    put_device(pci, "0000:00:00.0", "0x060000", 0x107);       // the host bridge
    put_device(pci, "0000:00:01.0", "0x020000", 0x507);       // a NIC that the crashed kernel drove
    put_device(pci, "0000:00:02.0", "0x010802", 0x406, true); // a disk with its driver
    put_device(pci, "0000:00:03.0", "0x030000", 0x103);       // a screen that never had it
    put_device(pci, "0000:00:04.0", "0x080600", 0x506);       // an IOMMU
    put_device(pci, "0000:00:05.0", "0x020000", 0xffff);      // pulled out
    CHECK(world.run_to_end().action == FinalAction::kexec);
    CHECK(command(pci, "0000:00:00.0") == 0x107);
    CHECK(command(pci, "0000:00:01.0") == 0x503);
    CHECK(command(pci, "0000:00:02.0") == 0x406);
    CHECK(command(pci, "0000:00:03.0") == 0x103);
    CHECK(command(pci, "0000:00:04.0") == 0x506);
    CHECK(command(pci, "0000:00:05.0") == 0xffff);
    CHECK(world.system.heard("no driver stops them: 0000:00:01.0"));
}

TEST_CASE("a device that cannot be silenced keeps the production kernel from being started") {
    KexecWorld world;
    put_device(world.places.pci_devices, "0000:00:01.0", "0x020000", 0x507);
    put_file(world.places.pci_devices + "/0000:00:01.0/config", "abc"); // cut off
    CHECK(world.run_to_end().action == FinalAction::reboot);
    CHECK(world.gave_up());
}
