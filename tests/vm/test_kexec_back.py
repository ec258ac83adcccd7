#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""final_action = "kexec": after the dump the capture kernel starts the production kernel, from the disk that has /boot
and without firmware in between (QEMU runs with -no-reboot: a reset would end it). Where it cannot be done, the machine
reboots as ever and says why: the kernel's file is gone, or the panic was on another CPU than the machine's first."""
import unittest

import cycle
from disk import Disk
from guest import Guest

import kdump_reader

place = None
SETTINGS = """
target = "file:///mnt/crash"
[capture]
final_action = "kexec"
"""
FACTS = """
disk=$(ls /dev/vda /dev/nvme0n1 2>/dev/null)
mem() { for one in /sys/firmware/memmap/*; do echo "$(cat $one/start) $(cat $one/end) $(cat $one/type)"; done | sort; }
facts() {
    run memory$1 grep MemTotal /proc/meminfo
    run line$1 cat /proc/cmdline
    run map$1 mem
    run id$1 cat /proc/sys/kernel/random/boot_id
    run cpus$1 grep -c ^processor /proc/cpuinfo
    run reserved$1 cat /sys/kernel/kexec_crash_size
}
mount -t tmpfs none /tmp
"""
# The emulated "edu" device has no driver anywhere. Production lets it write to memory, as drivers do.
FIRST = FACTS + """
mount -t ext4 $disk /mnt
mkdir -p /boot /mnt/crash /mnt/root
mount --bind /mnt/boot /boot
facts 1
cp -a /bin /lib /lib64 /usr /mnt/root/ 2>/dev/null
edu=$(dirname "$(grep -l 0x11e8 /sys/bus/pci/devices/*/device)")
printf '\\007\\001' | dd of=$edu/config bs=1 seek=4 conv=notrunc 2>/dev/null
run build kdumpkit build -o /mnt/capture.img --config /kexec.toml MODULES
run load kdumpkit load --kernel /kernel --initrd /mnt/capture.img
sync
say about to panic
taskset 1 sh -c 'echo c >/proc/sysrq-trigger'
"""
SECOND = FACTS + """
say production is back
facts 2
mount -t ext4 $disk /mnt
mkdir -p /mnt/root/proc /mnt/root/sys /mnt/root/run /mnt/root/dev
for one in proc sys dev; do mount --bind /$one /mnt/root/$one; done
cp /mnt/boot/vmlinuz-* /mnt/root/kernel
cp /mnt/capture.img /mnt/root/initrd
run again chroot /mnt/root /bin/kdumpkit load --kernel /kernel --initrd /initrd
run armed cat /sys/kernel/kexec_crash_loaded
sync
poweroff -f
"""
# The same image, loaded again.
AGAIN = FACTS + """
mount -t ext4 $disk /mnt
BEFORE
run load kdumpkit load --kernel /kernel --initrd /mnt/capture.img
sync
say about to panic
taskset CPU sh -c 'echo c >/proc/sysrq-trigger'
"""


class KexecBack(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        kernel = place.kernel
        modules = kernel.root / "lib/modules" / kernel.release
        # Of the newer kernels there are no modules here; an NVMe disk needs none.
        cls.bus = "virtio" if list(modules.rglob("virtio_blk.ko")) else "nvme"
        bare = Disk(place.work / "bare.img", 8, bus=cls.bus)  # for its drivers only
        following = Guest(place.work / "next", kernel, SECOND, disks=[bare])
        config = f"boot/config-{kernel.release}"
        cls.disk = Disk(place.work / "disk.img", 768, {
            **({config: (kernel.root / config).read_bytes()} if (kernel.root / config).exists() else {}),
            f"boot/vmlinuz-{kernel.release}": kernel.image.read_bytes(),
            f"boot/initrd.img-{kernel.release}": following.initramfs.read_bytes()}, bus=cls.bus)
        settings = place.work / "kexec.toml"
        settings.write_text(SETTINGS)
        files = {str(path.relative_to(kernel.root)): path for path in modules.rglob("*") if path.is_file()
                 and (path.parent == modules or path.parent.name in ("virtio", "block"))}
        first = FIRST.replace("MODULES", "" if cls.bus == "virtio" else "--modules none")
        cls.guest = place.guest(
            "back", first, files={**files, "kexec.toml": settings}, disks=[cls.disk], qemu=["-device", "edu"],
            programs=("kdump-capture", "makedumpfile-lite", "kdump-kexec")).run(deadline=600)
        cls.said = "\n".join(cls.guest.captured())

    def again(self, name, before, cpu):
        return place.guest(name, AGAIN.replace("BEFORE", before).replace("CPU", str(cpu)), disks=[self.disk]).run()

    def test_1_the_dump_is_whole(self):
        self.assertEqual(self.guest.result("build")[0], 0, self.guest.result("build")[1])
        folder = cycle.only_dump(self.disk.read_back())
        self.assertIs(cycle.read_json(folder / "summary.json")["complete"], True)
        self.assertEqual(kdump_reader.KdumpFile(folder / "vmcore").utsname["release"], place.kernel.release)

    def test_2_production_is_back_without_firmware(self):
        self.assertIn("production is back", self.guest.text(), self.said)
        self.assertEqual(self.guest.text().count("] Linux version "), 3, "production, capture, production")
        self.assertNotEqual(self.guest.result("id1")[1], self.guest.result("id2")[1])
        self.assertRegex(self.said, r"the production kernel is loaded, [0-9.]+ s")
        build = self.guest.result("build")[1]
        print("\n" + "\n".join(line for line in build.splitlines() if line.split()[:1] in (["kexec"], ["programs"])))
        starts = [at for at, line in self.guest.lines if "] Linux version " in line]
        begin, loaded = self.at("loading the production"), self.at("the production kernel is loaded")
        print(f"from the end of the dump production's first line comes after {starts[2] - begin:.1f} s, of which "
              f"{loaded - begin:.1f} s to load it; from a cold start after {starts[0]:.1f} s")

    def at(self, text):
        return next(at for at, line in self.guest.lines if text in line)

    def test_3_it_is_the_whole_machine(self):
        before, after = (int(self.guest.result(f"memory{boot}")[1].split()[1]) for boot in (1, 2))
        self.assertAlmostEqual(before, after, delta=1024)  # KiB; the kernel lies elsewhere
        for fact in ("line", "map", "cpus", "reserved"):
            with self.subTest(fact):
                (first, before), (second, after) = (self.guest.result(f"{fact}{boot}") for boot in (1, 2))
                self.assertEqual((first, second), (0, 0))
                self.assertEqual(before, after)
        self.assertEqual(self.guest.result("cpus2")[1], "2")
        self.assertGreater(int(self.guest.result("reserved2")[1]), 0)

    def test_4_it_can_be_armed_again(self):
        self.assertEqual(self.guest.result("again")[0], 0, self.guest.result("again")[1])
        self.assertEqual(self.guest.result("armed")[1], "1")

    def test_5_what_no_driver_stops_is_stopped(self):
        self.assertRegex(self.said, r"kept from writing to memory, since no driver stops them: 0000:\S+")

    def test_6_a_panic_on_another_cpu_reboots(self):
        guest = self.again("other-cpu", "", 2)
        said = "\n".join(guest.captured())
        self.assertRegex(said, "the panic was on the CPU with APIC ID 1, and a kernel can only be started on 0")
        self.assert_rebooted(guest)

    def test_7_a_missing_kernel_reboots(self):
        guest = self.again("missing", "rm /mnt/boot/vmlinuz-*", 1)
        said = "\n".join(guest.captured())
        self.assertRegex(said, r"cannot open /mnt/boot/boot/vmlinuz-\S+: No such file or directory")
        self.assert_rebooted(guest)

    def assert_rebooted(self, guest):
        said = guest.captured()
        self.assertIn("the production kernel is not started from here: the machine reboots through the firmware", said)
        self.assertEqual(said[-1], "rebooting")
        self.assertIn("done after", "\n".join(said))
        self.assertEqual(guest.text().count("] Linux version "), 2)


if __name__ == "__main__":
    cycle.main()
