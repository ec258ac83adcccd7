#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What runs between the two kernels. It must not start a capture kernel of which a byte changed since the load, and it
must save the low memory that the capture kernel overwrites."""
import hashlib
import re
import unittest

import cycle
from disk import Disk

from kdump_reader import KdumpFile

place = None
# The tampered load is over before it panics; nothing else has to be there.
TAMPER = "run load vm-tampered-load {segment}\nrun loaded cat /sys/kernel/kexec_crash_loaded\n" + cycle.PANIC
SEGMENTS = ("kernel", "initrd", "elfcorehdr", "bootparams")


class Tampered(unittest.TestCase):
    """One byte of one segment is wrong: its name is said, nothing is started, the machine resets (the guest ends)."""

    def test_each_segment(self):
        initrd = place.build(place.work / "capture.img", cycle.ABSENT)
        for segment in SEGMENTS:
            with self.subTest(segment):
                guest = place.guest(f"tampered-{segment}", TAMPER.format(segment=segment), initrd,
                                    programs=["vm-tampered-load"]).run()
                self.assertEqual(guest.result("load"), (0, "tampered and loaded"))
                self.assertEqual(guest.result("loaded"), (0, "1"))
                self.assertIn("sysrq triggered crash", guest.text())
                named = re.findall(r'kdumpkit purgatory: the SHA-256 digest of segment "(\w+)" is wrong', guest.text())
                self.assertEqual(named, [segment])
                self.assertIn("the capture kernel is not started, the machine resets", guest.text())
                self.assertEqual(guest.kernel_lines(1), [])
                self.assertEqual(guest.captured(), [])


class Backup(unittest.TestCase):
    """The dump's first 640 KiB are the crashed kernel's. That kernel keeps its real-mode trampoline there, and the
    capture kernel puts its own in the same place; since 5.13 nothing else uses that memory, so it does not change."""

    def test_low_memory_is_the_crashed_kernels(self):
        disk = Disk(place.work / "backup.img", 256)
        guest = place.panic("backup", disk, "kexec_load", programs=["vm-low-memory"],
                            workload="mount -t tmpfs none /tmp\nrun low vm-low-memory\n")
        status, output = guest.result("load")
        self.assertEqual(status, 0, output)
        status, output = guest.result("low")
        self.assertEqual(status, 0, output)
        pages = {int(pfn): digest for pfn, digest in (line.split() for line in output.splitlines())}
        self.assertGreaterEqual(len(pages), 4, output)
        dump = KdumpFile(cycle.only_dump(disk.read_back()) / "vmcore")
        there = {pfn: hashlib.sha256(dump.page(pfn)).hexdigest() for pfn in pages if dump.has(pfn)}
        self.assertEqual(there, pages)


if __name__ == "__main__":
    cycle.main()
