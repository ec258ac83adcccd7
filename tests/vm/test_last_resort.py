#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""capture.last_resort = ["any"] on a machine whose only target cannot be written: build packs the driver of another
disk, which nobody named, the dump is there, and the machine's next boot lists it."""
import unittest

import cycle
import outcomes
from disk import Disk

place = None
SETTINGS = '[capture]\nlast_resort = ["any"]\n'
# The target's disk needs no driver (NVMe is in the kernel's image), the other one does (virtio_blk is a module).
SCRIPT = """
mount -t tmpfs none /tmp
mount -t ext4 /dev/vda /mnt
cat >/tmp/kdumpkit.toml <<END
{settings}END
run build kdumpkit build -o /tmp/capture.img --target '{target}' --config /tmp/kdumpkit.toml
run load kdumpkit load --kernel /kernel --initrd /tmp/capture.img
"""
NEXT_BOOT = """
mount -t tmpfs none /tmp
mount -t ext4 /dev/vda /mnt
cat >/tmp/kdumpkit.toml <<END
{settings}END
run list kdumpkit list --config /tmp/kdumpkit.toml
cat >/tmp/none.toml <<END
END
run without kdumpkit list --config /tmp/none.toml
poweroff -f
"""


class LastResort(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.target = Disk(place.work / "target.img", 16, bus="nvme", read_only=True)
        cls.other = Disk(place.work / "other.img", 128)
        script = SCRIPT.format(settings=SETTINGS, target=cls.target.target()) + cycle.PANIC
        cls.guest = place.guest("panic", script, files=place.files_to_build(), disks=[cls.target, cls.other],
                                programs=("kdump-capture", "makedumpfile-lite")).run()
        cls.next = place.guest("next", NEXT_BOOT.format(settings=SETTINGS), disks=[cls.other]).run()

    def test_build_packs_the_driver_of_a_disk_that_nobody_named(self):
        status, output = self.guest.result("build")
        self.assertEqual(status, 0, output)
        modules = next(line for line in output.splitlines() if line.split()[:1] == ["modules"])
        self.assertIn("virtio_blk", modules)

    def test_the_dump_is_on_the_other_disk(self):
        folder = cycle.only_dump(self.other.read_back("/kdumpkit"))
        self.assertIs(cycle.read_json(folder / "summary.json")["complete"], True)
        outcomes.record(place, "the only target's disk cannot be mounted, capture.last_resort is any", self.guest,
                        "all in /kdumpkit of another disk")

    def test_the_next_boot_lists_it(self):
        status, output = self.next.result("list")
        self.assertEqual(status, 0, output)
        self.assertRegex(output, r"-vm-guest +complete .* sysrq triggered crash")
        self.assertNotIn("vm-guest", self.next.result("without")[1])


if __name__ == "__main__":
    cycle.main()
