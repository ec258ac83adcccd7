// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/process.h"
#include "initramfs/devices.h"
#include "initramfs/freeze.h"
#include "temporary_folder.h"

using namespace kdumpkit;
using namespace kdumpkit::initramfs;
using test::TemporaryFolder;

namespace {

// A disk behind a virtio device behind a PCI device, as in sysfs.
struct FakeSysfs : TemporaryFolder {
    FakeSysfs() {
        device("pci0000:00", "", "");
        device("pci0000:00/0000:00:04.0", "pci:v00001AF4d00001001", "virtio_pci");
        device("pci0000:00/0000:00:04.0/virtio1", "virtio:d00000002v00001AF4", "virtio_blk");
        file("devices/pci0000:00/0000:00:04.0/virtio1/block/vda/vda2/partition", "2\n");
        link("dev/block/254:0", "../../devices/pci0000:00/0000:00:04.0/virtio1/block/vda");
        link("dev/block/254:2", "../../devices/pci0000:00/0000:00:04.0/virtio1/block/vda/vda2");
    }
    void device(const std::string& at, const std::string& modalias, const std::string& module) const {
        folder("devices/" + at);
        if (!modalias.empty())
            file("devices/" + at + "/modalias", modalias + "\n");
        if (module.empty())
            return;
        folder("module/" + module);
        file("bus/drivers/" + module + "/bind", "");
        link("bus/drivers/" + module + "/module", path() + "/module/" + module);
        link("devices/" + at + "/driver", path() + "/bus/drivers/" + module);
    }
};

} // namespace

TEST_CASE("a partition's chain goes from the outermost bus to the disk") {
    const FakeSysfs sysfs;
    const DeviceChain chain = device_chain(sysfs.path(), 254, 2).value();
    CHECK(chain.device == "/dev/vda");
    CHECK(chain.drivers == std::vector<std::string>{"virtio_pci", "virtio_blk"});
    CHECK(chain.modaliases ==
          std::vector<std::string>{"pci:v00001AF4d00001001", "virtio:d00000002v00001AF4"});
    CHECK(device_chain(sysfs.path(), 254, 0).value().drivers == chain.drivers);
    CHECK(device_chain(sysfs.path(), 9, 9).error().kind == ErrorKind::absent);
}

TEST_CASE("a driver inside the kernel image asks for no module") {
    const FakeSysfs sysfs;
    sysfs.device("pci0000:00/0000:00:05.0", "pci:v8086", "");
    sysfs.folder("bus/drivers/nvme");
    sysfs.link("devices/pci0000:00/0000:00:05.0/driver", sysfs.path() + "/bus/drivers/nvme");
    sysfs.folder("devices/pci0000:00/0000:00:05.0/nvme/nvme0/nvme0n1");
    sysfs.link("dev/block/259:0", "../../devices/pci0000:00/0000:00:05.0/nvme/nvme0/nvme0n1");
    CHECK(device_chain(sysfs.path(), 259, 0).value().drivers.empty());

    // With native multipath the disk hangs on a virtual subsystem that links to its controllers.
    sysfs.device("pci0000:00/0000:00:06.0", "pci:v1111", "nvme");
    sysfs.folder("devices/pci0000:00/0000:00:06.0/nvme/nvme1");
    sysfs.folder("devices/virtual/nvme-subsystem/nvme-subsys1/nvme1n1");
    sysfs.link("devices/virtual/nvme-subsystem/nvme-subsys1/nvme1",
               "../../../pci0000:00/0000:00:06.0/nvme/nvme1");
    sysfs.link("dev/block/259:1", "../../devices/virtual/nvme-subsystem/nvme-subsys1/nvme1n1");
    CHECK(device_chain(sysfs.path(), 259, 1).value().drivers == std::vector<std::string>{"nvme"});
}

TEST_CASE("stacked and virtual devices are unsupported and say why") {
    const FakeSysfs sysfs;
    sysfs.folder("devices/virtual/block/dm-0/slaves/sda3");
    sysfs.link("dev/block/253:0", "../../devices/virtual/block/dm-0");
    const Error stacked = device_chain(sysfs.path(), 253, 0).error();
    CHECK(stacked.kind == ErrorKind::unsupported);
    CHECK_THAT(stacked.reason, Catch::Contains("sda3"));
    sysfs.folder("devices/virtual/block/loop0/slaves");
    sysfs.link("dev/block/7:0", "../../devices/virtual/block/loop0");
    CHECK(device_chain(sysfs.path(), 7, 0).error().kind == ErrorKind::unsupported);
}

TEST_CASE("a folder is found in its mount") {
    const TemporaryFolder folder;
    const std::string mountinfo =
        folder.file("mountinfo", "20 1 254:1 / / rw,relatime - ext4 /dev/vda1 rw\n"
                                 "21 20 254:2 / /var rw,relatime - xfs /dev/vda2 rw\n"
                                 "22 20 0:30 / /tmp rw - tmpfs tmpfs rw\n"
                                 "23 20 254:3 /sub/dir /srv/bound rw - ext4 /dev/vda3 rw\n"
                                 "24 20 0:40 / /mnt/nfs rw - nfs4 server:/export rw\n"
                                 "25 20 254:5 / /two rw - ext4 /dev/vda5 rw\n"
                                 "26 25 254:6 / /two rw - ext4 /dev/vda6 rw\n");
    const auto at = [&](const std::string& path) { return find_mount(mountinfo, path); };
    CHECK(at("/var/crash").value().source == "/dev/vda2");
    CHECK(at("/var/crash").value().type == "xfs");
    CHECK(at("/var/crash").value().folder == "/crash");
    CHECK(at("/var").value().folder == "/");
    CHECK(at("/various").value().folder == "/various");
    CHECK(at("/").value().folder == "/");
    CHECK(at("/srv/bound/x").value().folder == "/sub/dir/x");
    CHECK(at("/two/x").value().source == "/dev/vda6");
    CHECK(at("/tmp/x").error().kind == ErrorKind::unsupported);
    CHECK_THAT(at("/mnt/nfs/x").error().reason, Catch::Contains("server:/export"));
    CHECK_FALSE(find_mount(folder.path() + "/none", "/x"));

    std::string disks;
    for (const MountedFolder& disk : mounted_disks(mountinfo))
        disks += disk.source + ":" + disk.type + ":" + disk.folder + " ";
    CHECK(disks == "/dev/vda1:ext4:/ /dev/vda2:xfs:/var /dev/vda3:ext4:/srv/bound /dev/vda5:ext4:/two "
                   "/dev/vda6:ext4:/two ");
}

TEST_CASE("a folder of a filesystem is found where that is mounted") {
    const TemporaryFolder folder;
    const std::string mounts =
        folder.file("mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
                                 "30 22 8:2 / /var/my\\040data rw shared:1 - ext4 /dev/sda2 rw\n"
                                 "31 22 8:3 /sub /part rw - xfs /dev/sda3 rw\n"
                                 "32 22 0:40 /@crash /crash rw - btrfs /dev/sda4 rw\n");
    struct Row {
        unsigned minor;                   // of major 8
        std::string device, folder, path; // path "": not visible
    };
    for (const Row& row : std::vector<Row>{{1, "/dev/sda1", "/var/crash", "/var/crash"},
                                           {2, "/dev/sda2", "/crash", "/var/my data/crash"},
                                           {2, "/dev/sda2", "/", "/var/my data"},
                                           {3, "/dev/sda3", "/sub/crash", "/part/crash"},
                                           {3, "/dev/sda3", "/sub", "/part"},
                                           {3, "/dev/sda3", "/submarine", ""},
                                           {3, "/dev/sda3", "/crash", ""},
                                           {4, "/dev/sda4", "/@crash/x", "/crash/x"},
                                           {9, "/dev/sda9", "/crash", ""}}) {
        CAPTURE(row.minor, row.folder);
        CHECK(find_mounted(mounts, row.device, {8, row.minor}, row.folder).value_or("") == row.path);
    }
    CHECK_FALSE(find_mounted(folder.path() + "/none", "/dev/sda1", {8, 1}, "/"));
}

TEST_CASE("a filesystem is recognised by its superblock") {
    const TemporaryFolder folder;
    const std::string image = folder.file("image", std::string(2 << 20, '\0'));
    CHECK(identify_filesystem(image).error().kind == ErrorKind::unsupported);
    REQUIRE(spawn({{"/usr/sbin/mkfs.ext4", "-q", "-U", "11111111-2222-3333-4444-555555555555", image}})
                .value()
                .wait()
                .value()
                .success());
    CHECK(identify_filesystem(image).value().uuid == "11111111-2222-3333-4444-555555555555");
    CHECK(identify_filesystem(image).value().type == "ext4");
    CHECK(identify_filesystem(folder.path() + "/none").error().kind == ErrorKind::absent);
    CHECK(device_number(image).error().kind == ErrorKind::unsupported);
}

TEST_CASE("a target of another root must be complete, its drivers named") {
    const Target whole =
        parse_target("file:///crash?fs=UUID=11111111-2222-3333-4444-555555555555&type=ext4").value();
    Surroundings around;
    around.running_system = false;
    CHECK_THAT(freeze_target(whole, around).error().next_step, Catch::Contains("--modules"));
    around.find_drivers = false;
    CHECK(freeze_target(whole, around).value().target == whole);
    Target half = whole;
    half.parameters.erase("type");
    CHECK_THAT(freeze_target(half, around).error().next_step, Catch::Contains("type="));
}

TEST_CASE("a target of the running system says what is not visible") {
    Surroundings around;
    const Target nowhere =
        parse_target("file:///crash?fs=UUID=deadbeef-dead-dead-dead-deadbeefdead&type=ext4").value();
    const Error unseen = freeze_target(nowhere, around).error();
    CHECK(unseen.kind == ErrorKind::absent);
    CHECK_THAT(unseen.next_step,
               Catch::Contains("kdumpkit build --modules")); // kdumpkit arm has no such option
    CHECK_THAT(freeze_target(parse_target("file:///etc/passwd").value(), around).error().message(),
               Catch::Contains("it is no folder"));
    const Error missing = freeze_target(parse_target("file:///no/such/folder").value(), around).error();
    CHECK(missing.kind == ErrorKind::absent);
    CHECK_THAT(missing.next_step, Catch::Contains("mkdir"));
    around.find_drivers = false; // all is known: nothing has to be looked up
    CHECK(freeze_target(nowhere, around).value().target == nowhere);
}

TEST_CASE("a host name is one part of a path") {
    CHECK(checked_host("web-1.example").value() == "web-1.example");
    for (const char* bad : {"", "a/b", "..", "a b", "\xc3\xa4"})
        CHECK(checked_host(bad).error().kind == ErrorKind::invalid);
    CHECK_FALSE(checked_host(std::string(65, 'x')));
}
