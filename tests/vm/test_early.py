#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A panic before the root filesystem is mounted: the production initramfs, made by the real mkinitramfs and the real
dracut from what `cmake --install` puts into /usr, has loaded the capture kernel by then. A boot does not fail for it.
"""
import os
import pathlib
import shutil
import subprocess
import unittest

import cycle
import guest
from disk import Disk

import kdump_reader

place = None
CAPTURE = "var/lib/kdumpkit/capture.img"
CRASH = """#!/bin/sh
case ${1-} in prereqs) echo ;; esac
read -r line </proc/cmdline
case $line in *test.panic=early*)
    echo "guest: no root filesystem is mounted yet" >/dev/kmsg
    echo c >/proc/sysrq-trigger ;;
esac
"""
# What the root filesystem starts.
INIT = guest.PRELUDE + """
say the root filesystem is up
mount -t devtmpfs none /dev
run loaded cat /sys/kernel/kexec_crash_loaded
run status kdumpkit status
run again kdumpkit load --again
poweroff -f
"""
# A mount namespace of its own, in which this machine has kdumpkit and that kernel installed: nothing of it stays.
INSIDE = """set -e
for folder in usr etc var/lib; do
    mount -t overlay overlay -o "lowerdir=$STAGE/$folder:/$folder" /$folder
done
mount --bind "$KERNEL/lib/modules/$VERSION" /usr/lib/modules/$VERSION
mount --bind "$KERNEL/boot" /boot
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
"""
SKIPPED = "this initramfs will not load the capture kernel"
MAKERS = {
    "initramfs-tools": 'mkinitramfs -l 1 -o "$OUT" $VERSION',
    # Not for this machine's own devices. What the guest has is built into the kernel: no module is looked for.
    "dracut": 'dracut --force --no-hostonly --drivers nls_ascii --zstd --kver $VERSION --include "$STAGE/crash" '
              '/usr/lib/dracut/hooks/pre-mount/99-crash.sh "$OUT"',
}


def stage():
    """kdumpkit as `cmake --install` leaves it in /usr, its settings, and the capture initramfs."""
    top = place.work / "stage"
    shutil.rmtree(top, ignore_errors=True)
    subprocess.run(["cmake", "--install", place.programs.parent, "--prefix", "/usr", "--strip"], check=True,
                   stdout=subprocess.DEVNULL, env={**os.environ, "DESTDIR": str(top)})
    (top / "usr/lib/modules" / place.kernel.release).mkdir(parents=True)
    for folder in ("etc/kdumpkit", "var/lib/kdumpkit", "etc/initramfs-tools/scripts/local-top"):
        (top / folder).mkdir(parents=True)
    (top / "etc/kdumpkit/early.conf").write_text(
        (top / "usr/share/doc/kdumpkit/examples/early.conf").read_text())
    for path in (top / "crash", top / "etc/initramfs-tools/scripts/local-top/crash"):
        path.write_text(CRASH)
        path.chmod(0o755)
    return top


def make(name, top, variant):
    """The production initramfs by this maker; (its path, what it said)."""
    out = place.work / f"{name}-{variant}.img"
    environment = {**os.environ, "STAGE": str(top), "KERNEL": str(place.kernel.root),
                   "VERSION": place.kernel.release, "OUT": str(out)}
    done = subprocess.run(["unshare", "--mount", "sh", "-c", INSIDE + MAKERS[name]], env=environment,
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{name} (it wants root, and packaging/install-packages long): {done.stdout}{done.stderr}")
    return out, done.stdout + done.stderr


class Early:
    """The checks; below, a class for each maker of initramfses."""
    maker = None

    @classmethod
    def setUpClass(cls):
        cls.stage = stage()
        # The dump goes to a disk of its own; the root filesystem has the same capture initramfs as the initramfs.
        cls.crash = Disk(place.work / f"{cls.maker}-crash.img", 128, bus="nvme")
        place.build(cls.stage / CAPTURE, cls.crash.target(), modules="none")
        files = {"sbin/init": INIT.encode(), "etc/os-release": b"ID=guest\n",
                 "bin/busybox": pathlib.Path("/bin/busybox").read_bytes(),
                 "bin/kdumpkit": (cls.stage / "usr/sbin/kdumpkit").read_bytes(),
                 CAPTURE: (cls.stage / CAPTURE).read_bytes(),
                 f"boot/vmlinuz-{place.kernel.release}": place.kernel.image.read_bytes()}
        for library in guest.libraries(cls.stage / "usr/sbin/kdumpkit"):
            files[library.strip("/")] = pathlib.Path(library).read_bytes()
        for folder in ("proc", "sys", "dev", "tmp", "run", "mnt", "root"):
            files[f"{folder}/.there"] = b""
        cls.disk = Disk(place.work / f"{cls.maker}-root.img", 256, files, bus="nvme")
        cls.initramfs, said = make(cls.maker, cls.stage, "right")
        assert SKIPPED not in said, said

    def boot(self, name, append="", initramfs=None):
        machine = place.guest(f"{self.maker}-{name}", "", disks=[self.disk, self.crash],
                              append=f"crashkernel=192M root=UUID={self.disk.uuid} rw {append}")
        machine.initramfs = initramfs or self.initramfs
        return machine.run(600)  # all of systemd boots in emulation

    def test_a_panic_before_the_root_filesystem_is_captured(self):
        machine = self.boot("panic", "test.panic=early")
        folder = cycle.only_dump(self.crash.read_back())
        self.assertIs(cycle.read_json(folder / "summary.json")["complete"], True)
        self.assertEqual(kdump_reader.KdumpFile(folder / "vmcore").utsname["release"], place.kernel.release)
        log = (folder / "dmesg.txt").read_text(errors="replace")
        loaded = log.index("kdumpkit early: armed: ")
        self.assertLess(loaded, log.index("no root filesystem is mounted yet"))
        self.assertNotIn("EXT4-fs", log[loaded:])
        self.assertNotIn("the root filesystem is up", machine.text())

    def test_without_it_nothing_is_captured(self):
        machine = self.boot("off", "test.panic=early kdumpkit.early=0")
        self.assertIn("no root filesystem is mounted yet", machine.text())
        self.assertNotIn("kdumpkit early", machine.text())
        self.assertEqual(machine.kernel_lines(1), [])

    def test_the_boot_goes_on_and_may_load_again(self):
        machine = self.boot("on")
        self.assertIn("the root filesystem is up", machine.text())
        self.assertEqual(machine.result("loaded"), (0, "1"))
        self.assertEqual(machine.result("status")[0], 0, machine.result("status")[1])
        self.assertIn(f"loaded:      /boot/vmlinuz-{place.kernel.release} ", machine.result("status")[1])
        self.assertEqual(machine.result("again")[0], 0, machine.result("again")[1])
        self.assertIn("replaced the capture kernel", machine.result("again")[1])

    def test_a_boot_that_cannot_load_goes_on(self):
        (self.stage / "etc/kdumpkit/early.conf").write_text("load_options='--syscall sideways'\n")
        initramfs, _ = make(self.maker, self.stage, "wrong")
        machine = self.boot("wrong", "", initramfs)
        self.assertRegex(machine.text(), "kdumpkit early: a panic of this boot is not captured .*")
        self.assertIn("sideways", machine.text())
        self.assertIn("the root filesystem is up", machine.text())
        self.assertEqual(machine.result("loaded"), (0, "0"))

    def test_what_is_missing_is_said_and_not_packed(self):
        (self.stage / "etc/kdumpkit/early.conf").write_text("capture_initrd=/nowhere\n")
        initramfs, said = make(self.maker, self.stage, "missing")
        self.assertIn(f"/nowhere is not there; {SKIPPED}", said.replace(" (kdumpkit build -o /nowhere)", ""))
        (self.stage / "etc/kdumpkit/early.conf").unlink()
        without, said = make(self.maker, self.stage, "without")
        self.assertNotIn(SKIPPED, said)
        # Neither has the capture kernel and its initramfs in it.
        kernel = place.kernel.image.stat().st_size
        for path in (initramfs, without):
            self.assertLess(path.stat().st_size, self.initramfs.stat().st_size - kernel // 2)


class InitramfsTools(Early, unittest.TestCase):
    maker = "initramfs-tools"


class Dracut(Early, unittest.TestCase):
    maker = "dracut"


if __name__ == "__main__":
    cycle.main()
