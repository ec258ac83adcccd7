#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Panics whose targets fail: a disk that is absent, read-only or full, and a filter that fails. Never silent, never
without what could be saved, and the machine always goes on to its final action."""
import shutil
import unittest

import cycle
import outcomes
from disk import Disk

from kdump_reader import INCOMPLETE, ElfCore, KdumpFile

place = None
# Nothing to wait for: these tests are about the other end.
QUIET = "mount -t tmpfs none /tmp\n"
IMPATIENT = '[capture]\ndevice_timeout = 3\nfailure_action = "poweroff"\n'


class Chain(unittest.TestCase):
    """One panic, four targets in turn: absent, read-only, full, and at last a good one."""

    @classmethod
    def setUpClass(cls):
        cls.good = Disk(place.work / "good.img", 256)
        cls.read_only = Disk(place.work / "read-only.img", 64, read_only=True)
        cls.full = Disk(place.work / "full.img", 8)
        targets = [cycle.ABSENT, cls.read_only.target(), cls.full.target(), cls.good.target("/dumps/here")]
        cls.guest = place.panic("chain", cls.good, settings=IMPATIENT, target=targets, workload=QUIET,
                                disks=[cls.read_only, cls.full])
        cls.said = "\n".join(cls.guest.captured())

    def test_absent_is_said(self):
        self.assertRegex(self.said, r"cannot find the filesystem UUID=00000000-1111-2222-3333-444444444444.* 3 s")
        self.assertIn("seen: vda", self.said)

    def test_read_only_is_said_and_unchanged(self):
        self.assertIn(f"target 2 of 4: {self.read_only.target()}", self.said)
        between = self.said.split("target 2 of 4")[1].split("target 3 of 4")[0]
        self.assertRegex(between, "(?i)read-only")
        self.assertIn("next: ", between)
        self.assertIsNone(self.read_only.read_back())

    def test_full_leaves_a_named_partial_dump(self):
        folder = cycle.only_dump(self.full.read_back())
        names = {path.name for path in folder.iterdir()}
        names.discard("vmcore.incomplete.manifest")  # when there was room for it
        self.assertEqual(names, {"vmcore.incomplete", "dmesg.txt", "summary.json", "capture.log"})
        summary = cycle.read_json(folder / "summary.json")
        self.assertIs(summary["complete"], False)
        self.assertRegex(summary["partial_reason"], "(?i)full|space")
        self.assertIn("sysrq triggered crash", (folder / "dmesg.txt").read_text(errors="replace"))
        dump = KdumpFile(folder / "vmcore.incomplete")
        self.assertEqual(dump.status & INCOMPLETE, INCOMPLETE)
        self.assertEqual(dump.utsname["release"], place.kernel.release)
        self.assertGreater(dump.readable(), 100)

    def test_the_next_target_takes_it(self):
        folder = cycle.only_dump(self.good.read_back("/dumps/here"))
        summary = cycle.read_json(folder / "summary.json")
        self.assertIs(summary["complete"], True)
        self.assertEqual(summary["target"], self.good.target("/dumps/here"))
        dump = KdumpFile(folder / "vmcore")
        self.assertEqual(sum(len(dump.page(pfn)) == 4096 for pfn in dump.pfns()), dump.count())
        # The story of the targets that failed is in the log beside the dump.
        self.assertIn("cannot find the filesystem", (folder / "capture.log").read_text())
        self.assertIn("done after", self.said)
        outcomes.record(place, "the first target's disk is absent, the second is read-only, the third fills up",
                        self.guest, "a readable partial dump on the third, all on the fourth")


class Nowhere(unittest.TestCase):
    def test_no_target_at_all(self):
        disk = Disk(place.work / "untouched.img", 32)
        guest = place.panic("nowhere", disk, settings=IMPATIENT, target=cycle.ABSENT, workload=QUIET)
        said = "\n".join(guest.captured())
        self.assertIn("no target took the dump", said)
        self.assertIn("ended without a dump", said)
        self.assertIn("poweroff", said.splitlines()[-2] + said.splitlines()[-1])
        # All that is left is the console: the crashed kernel's last words are on it a second time.
        after = guest.text().split("no target took the dump")[1]
        self.assertIn("Kernel panic - not syncing: sysrq triggered crash", after)
        self.assertIsNone(disk.read_back())
        outcomes.record(place, "no target at all", guest, "the end of the log on the console")


class BrokenFilter(unittest.TestCase):
    def test_falls_back_to_a_plain_copy(self):
        programs = place.work / "programs"
        shutil.rmtree(programs, ignore_errors=True)
        programs.mkdir()
        shutil.copy(place.program("kdump-capture"), programs)
        shutil.copy("/bin/false", programs / "makedumpfile-lite")
        disk = Disk(place.work / "copy.img", 1024)
        guest = place.panic("broken", disk, workload=QUIET, memory=768, build=["--programs", programs])
        folder = cycle.only_dump(disk.read_back())
        summary = cycle.read_json(folder / "summary.json")
        self.assertEqual([(attempt["method"], attempt.get("level"), attempt["success"])
                          for attempt in summary["attempts"]],
                         [("filter", 31, False), ("filter", 1, False), ("copy", None, True)])
        self.assertIs(summary["complete"], True)
        core = ElfCore(folder / "vmcore")
        self.assertGreater(sum(size for _, size, _, _ in core.loads), 500 << 20)
        self.assertIn("the crashed kernel's log could not be read", "\n".join(guest.captured()))
        outcomes.record(place, "the collector always fails", guest, "a plain copy of the memory, without dmesg")


if __name__ == "__main__":
    cycle.main()
