#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What `kdumpkit estimate` recommends is enough, and how far it is from the least that works: a guest with 2 GiB and 2
CPUs panics with the recommended reservation, then with smaller ones, halving the distance in steps of 8 MiB.
docs/reservation.md has the two; it must not be further off than one step of each."""
import json
import re
import unittest

import cycle
import fetch_kernel
import installed
import test_systemd
from disk import Disk
from guest import Guest

place = None
STEP = 8  # MiB, of what is tried
ROUNDING = 16  # MiB, of what is recommended
LEAST = 32  # MiB; no kernel here boots with less
WORK = test_systemd.MACHINE + """
export PATH=/bin:/usr/bin:/usr/sbin
mount -t ext4 /dev/nvme0n1 /var
run estimate kdumpkit estimate --json
grep -q crashkernel=0 /proc/cmdline && poweroff -f
run arm kdumpkit arm
[ $status = 0 ] || poweroff -f
""" + cycle.PANIC
DOCUMENTED = re.compile(r"^\| (\S+) \| (\d+) MiB \| (\d+) MiB \| (\d+) MiB \|$", re.MULTILINE)


class Estimate(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.files = installed.files_of(place, "")
        cls.series = re.match(r"\d+\.\d+", place.kernel.release).group()
        disk = cls.disk("first")
        cls.recommended = cls.recommends(cls.boot("before", 0, disk))
        cls.enough = cls.captures(cls.recommended, disk)
        cls.measured = cls.recommends(cls.boot("after", 0, disk))
        cls.tried = {cls.recommended: cls.enough}
        works, fails = cls.recommended, LEAST - STEP
        while works - fails > STEP:
            middle = (works + fails) // 2 // STEP * STEP
            cls.tried[middle] = cls.captures(middle, cls.disk("trial"))
            works, fails = (middle, fails) if cls.tried[middle] else (works, middle)
        cls.smallest = works
        print(f"{cls.series}: recommended {cls.recommended} MiB, after a capture {cls.measured} MiB, smallest that "
              f"works {cls.smallest} MiB; tried: {dict(sorted(cls.tried.items()))}")

    @classmethod
    def disk(cls, name):
        return Disk(place.work / f"{name}.img", 512, bus="nvme")

    @classmethod
    def boot(cls, name, mib, disk):
        guest = Guest(place.work / name, place.kernel, WORK, disks=[disk], files=cls.files, memory=2048,
                      append=f"crashkernel={mib}M" if mib else "crashkernel=0")
        try:
            # A capture kernel without enough memory may hang instead of dying.
            return guest.run(240)
        except RuntimeError as error:
            print(f"{name}: {error}")
            return guest
        finally:
            guest.initramfs.unlink()

    @classmethod
    def recommends(cls, guest):
        status, output = guest.result("estimate")
        if status != 0:
            raise RuntimeError(f"kdumpkit estimate: {output}")
        return json.loads(output)["recommended_bytes"] >> 20

    @classmethod
    def captures(cls, mib, disk):
        """Whether a panic with that reservation leaves a complete dump."""
        cls.boot(f"{mib}M", mib, disk)
        summaries = list((disk.read_back("/crash") or place.work / "absent").glob("*/summary.json"))
        return len(summaries) == 1 and json.loads(summaries[0].read_text())["complete"] is True

    def test_what_is_recommended_is_enough(self):
        self.assertTrue(self.enough)
        self.assertGreaterEqual(self.recommended, self.smallest)
        self.assertGreaterEqual(self.measured, self.smallest)

    def test_it_does_not_ask_for_much_more_than_needed(self):
        self.assertLess(self.recommended, 3 * self.smallest)

    def test_the_documentation_has_both(self):
        text = (fetch_kernel.TOP / "docs/reservation.md").read_text()
        rows = {series: [int(number) for number in numbers] for series, *numbers in DOCUMENTED.findall(text)}
        self.assertIn(self.series, rows)
        for name, found, documented, step in zip(("recommended", "after a capture", "smallest"),
                                                 (self.recommended, self.measured, self.smallest),
                                                 rows[self.series], (ROUNDING, ROUNDING, STEP)):
            self.assertLessEqual(abs(found - documented), step, name)


if __name__ == "__main__":
    cycle.main()
