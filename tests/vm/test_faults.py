#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Things that break in the middle of a capture: a disk that stops answering, one that answers with errors, a collector
that dies, a hook that hangs. Each time: what was saved where, what the log says, and that the machine went on to its
end."""
import pathlib
import shutil
import unittest

import cycle
import outcomes
from disk import Disk
from qmp import Qmp

from kdump_reader import ElfCore, KdumpFile

place = None
QUIET = "mount -t tmpfs none /tmp\n"
IMPATIENT = '[capture]\ndevice_timeout = 3\nstall_timeout = 10\nfailure_action = "poweroff"\n'


class Stall(unittest.TestCase):
    """The first target's disk stops answering once it is mounted; the second takes the dump."""

    @classmethod
    def setUpClass(cls):
        cls.stuck = Disk(place.work / "stuck.img", 64, throttled="slow")
        cls.good = Disk(place.work / "good.img", 256)
        socket = place.work / "stall.qmp"
        socket.unlink(missing_ok=True)

        def stop_answering():
            qmp = Qmp(socket)
            qmp.command("qom-set", path="/objects/slow", property="limits",
                        value={"bps-total": 1})
            qmp.close()

        guest = place.guest_that_panics(
            "stall", cls.stuck, settings=IMPATIENT, workload=QUIET, target=[cls.stuck.target(), cls.good.target()],
            disks=[cls.good], qemu=["-qmp", f"unix:{socket},server=on,wait=off"])
        guest.when = {"kdump-capture: mounted /dev/vda": stop_answering}
        cls.guest = guest.run()
        cls.said = "\n".join(cls.guest.captured())

    def test_it_is_abandoned(self):
        self.assertIn("abandoning the target: no sign of life for 25 s", self.said)
        self.assertIn("it sits in the kernel and does not die", self.said)

    def test_the_next_takes_all(self):
        folder = cycle.only_dump(self.good.read_back())
        self.assertTrue(KdumpFile(folder / "vmcore").whole())
        self.assertIs(cycle.read_json(folder / "summary.json")["complete"], True)
        self.assertIn("abandoning the target", (folder / "capture.log").read_text())
        self.assertIn("done after", self.said)
        outcomes.record(place, "the first target's disk stops answering after the mount", self.guest,
                        "all on the second target")


class DiskErrors(unittest.TestCase):
    """The first target's disk answers every write with an I/O error."""

    @classmethod
    def setUpClass(cls):
        cls.broken = Disk(place.work / "broken.img", 64, failing="write_aio")
        cls.good = Disk(place.work / "healthy.img", 256)
        cls.guest = place.panic("errors", cls.broken, settings=IMPATIENT, workload=QUIET,
                                target=[cls.broken.target(), cls.good.target()], disks=[cls.good])
        cls.said = "\n".join(cls.guest.captured())

    def test_the_next_takes_all(self):
        self.assertRegex(self.said, "(?i)input/output error|read-only")
        folder = cycle.only_dump(self.good.read_back())
        self.assertTrue(KdumpFile(folder / "vmcore").whole())
        self.assertIn("done after", self.said)
        outcomes.record(place, "the first target's disk answers every write with an I/O error", self.guest,
                        "all on the second target")


class DyingCollector(unittest.TestCase):
    """The collector is killed for memory at level 31 and by a segmentation fault at level 1, a hook hangs, and all the
    same there is a dump."""

    @classmethod
    def setUpClass(cls):
        programs = place.work / "programs"
        shutil.rmtree(programs, ignore_errors=True)
        programs.mkdir()
        shutil.copy(place.program("kdump-capture"), programs)
        shutil.copy(place.program("vm-fragile-collector"), programs / "makedumpfile-lite")
        shell = b"#!/usr/bin/busybox sh\n"
        altered = place.with_programs("root", {
            "usr/bin/real-collector": pathlib.Path(place.program("makedumpfile-lite")).read_bytes(),
            "usr/bin/busybox": pathlib.Path("/bin/busybox").read_bytes(),
            "etc/kdumpkit/hang": shell + b"echo hook hangs now; sleep 1000\n",
            "etc/kdumpkit/last": shell + b'echo "post hook: $1 $2"\n'})
        settings = ('[capture]\nfailure_action = "poweroff"\nfiles = ["/usr/bin/real-collector"]\n'
                    '[hooks]\npre = ["/etc/kdumpkit/hang"]\npost = ["/etc/kdumpkit/last"]\ndeadline = 3\n')
        cls.disk = Disk(place.work / "copy.img", 1024)
        cls.guest = altered.panic("dying", cls.disk, settings=settings, workload=QUIET, memory=768,
                                  build=["--programs", programs])
        cls.said = "\n".join(cls.guest.captured())

    def test_the_hook_is_killed(self):
        self.assertIn("hook hangs now", self.said)
        self.assertRegex(self.said, r"hook /etc/kdumpkit/hang pre: killed: it was not done after 3 s")
        self.assertIn("post hook: post complete", self.said)

    def test_each_death_is_told_and_the_copy_is_whole(self):
        folder = cycle.only_dump(self.disk.read_back())
        summary = cycle.read_json(folder / "summary.json")
        self.assertEqual([attempt["outcome"] for attempt in summary["attempts"]],
                         ["killed by signal 9 (Killed)", "killed by signal 11 (Segmentation fault)", "copied"])
        self.assertIs(summary["complete"], True)
        core = ElfCore(folder / "vmcore")
        self.assertGreater(sum(size for _, size, _, _ in core.loads), 500 << 20)
        self.assertIn("Kernel panic - not syncing: sysrq triggered crash", (folder / "dmesg.txt").read_text())
        outcomes.record(place, "the collector is killed for memory, then by SIGSEGV; a hook hangs", self.guest,
                        "dmesg, summary and a plain copy of the memory")


if __name__ == "__main__":
    cycle.main()
