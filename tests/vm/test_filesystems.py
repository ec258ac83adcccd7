#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Filesystems besides ext4 as places for a dump. The kernel is Debian's generic one, which has them all; its cloud
kernel has no f2fs, and `build` says so."""
import pathlib
import unittest

import cycle
import fetch_kernel
from disk import Disk

from kdump_reader import KdumpFile

place = None
QUIET = "mount -t tmpfs none /tmp\n"
SETTINGS = '[capture]\ndevice_timeout = 20\nfailure_action = "poweroff"\n'


class LocalFilesystems(unittest.TestCase):
    """A dump on each of four filesystems in one capture; a second guest, whose kernel is the oracle, reads them."""
    TYPES = ("xfs", "btrfs", "vfat", "f2fs")

    @classmethod
    def setUpClass(cls):
        cls.disks = [Disk(place.work / f"{kind}.img", 320, filesystem=kind) for kind in cls.TYPES]
        cls.guest = place.panic("filesystems", cls.disks[0], settings=SETTINGS + "copies = 0\n", workload=QUIET,
                                target=[disk.target() for disk in cls.disks], disks=cls.disks[1:])
        cls.out = Disk(place.work / "out.img", 256)
        modules = place.kernel.load_order("crc32c_generic", "crc32_generic", "ext4", *cls.TYPES, "nls_ascii",
                                          "nls_cp437")
        script = "".join(f"insmod /modules/{path.name}\n" for path in modules)
        script += "mount -t ext4 /dev/vda /mnt\nmkdir /in\n"
        for index, kind in enumerate(cls.TYPES):
            script += (f"mount -t {kind} -o ro /dev/vd{'bcde'[index]} /in\nmkdir -p /mnt/all/{kind}\n"
                       f"cp -r /in/crash/. /mnt/all/{kind}/\numount /in\n")
        files = {f"modules/{path.name}": path for path in modules}
        place.guest("reader", script + "umount /mnt\nsync\npoweroff -f\n", files=files,
                    disks=[cls.out, *cls.disks]).run()
        cls.tree = cls.out.read_back("/all")

    def test_each_has_all(self):
        self.assertIn("done after", "\n".join(self.guest.captured()))
        for kind in self.TYPES:
            with self.subTest(kind):
                folder = cycle.only_dump(pathlib.Path(self.tree) / kind)
                self.assertIs(cycle.read_json(folder / "summary.json")["complete"], True)
                dump = KdumpFile(folder / "vmcore")
                self.assertGreater(dump.count(), 1000)
                self.assertEqual(sum(len(dump.page(pfn)) == 4096 for pfn in dump.pfns()), dump.count())

    def test_a_kernel_without_one_is_refused(self):
        """Before the panic, by name, and nothing is written."""
        out = place.work / "refused.img"
        out.unlink(missing_ok=True)
        root = fetch_kernel.fetch("cloud-6.1")
        release = fetch_kernel.image_of(root)[1]
        done = place.kdumpkit("build", "-o", out, "--root", root, "--kver", release, "--modules", "virtio_blk",
                              "--target", self.disks[self.TYPES.index("f2fs")].target())
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertRegex(done.stderr, f"kernel {release} has none of that name .the target's filesystem is f2fs")
        self.assertIn("next: ", done.stderr)
        self.assertFalse(out.exists())


if __name__ == "__main__":
    cycle.main()
