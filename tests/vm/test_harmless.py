#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Dropping the free pages on per-CPU lists harms nobody: drgn and crash, with the kernel's debug package, give the same
answers over a dump that has them and one that does not. Part of ./test --all: the debug package is 280 MB or more."""
import json
import pathlib
import re
import subprocess
import sys
import unittest

import cycle
import fetch_kernel
import page_guest

from kdump_reader import KdumpFile

place = None
ORACLE = pathlib.Path(__file__).resolve().parents[1] / "oracle/drgn_answers.py"
COMMANDS = "sys\nlog\nkmem -i\nkmem -s\nps\nmount\nq\n"


class Harmless(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        fetch_kernel.fetch(place.kernel_name, debug=True)
        debug = fetch_kernel.KERNELS / place.kernel_name / "debug/usr/lib/debug/boot"
        cls.vmlinux = next(debug.glob("vmlinux-*"))
        vmcore = page_guest.run(place) / "vmcore"
        cls.dumps = []
        for per_cpu in ("on", "off"):
            path = place.work / f"per-cpu-{per_cpu}"
            path.unlink(missing_ok=True)
            subprocess.run([place.program("makedumpfile-lite"), "-d", "31", "--exclude-per-cpu-free", per_cpu,
                            "--compress", "lzo", str(vmcore), str(path)], check=True, capture_output=True)
            cls.dumps.append(path)

    def test_the_dumps_differ(self):
        less, more = (KdumpFile(path) for path in self.dumps)
        self.assertGreater(more.count() - less.count(), 50)
        self.assertEqual(less.kept & ~more.kept, 0)

    def test_drgn(self):
        less, more = (json.loads(subprocess.run([sys.executable, ORACLE, self.vmlinux, path], check=True,
                                                capture_output=True).stdout) for path in self.dumps)
        self.assertEqual(set(less), set(more))
        for question in more:
            self.assertEqual(less[question], more[question], question)
        self.assertEqual(more["release"], place.kernel.release)
        self.assertGreater(len(more["tasks"]), 60)
        self.assertGreater(len(more["caches"]), 50)
        self.assertIn("/mnt", more["mounts"])
        self.assertTrue(all(counted == walked for _, counted, walked in more["free"]), more["free"])
        self.assertIn("vm-snapshot", [comm for _, comm, _ in more["tasks"]])

    def test_crash(self):
        said = []
        for path in self.dumps:
            done = subprocess.run(["crash", "-s", str(self.vmlinux), str(path)], input=COMMANDS, capture_output=True,
                                  text=True, check=False, timeout=300)
            self.assertIn(place.kernel.release, done.stdout, done.stderr)
            self.assertIn("Kernel panic - not syncing: sysrq triggered crash", done.stdout)
            # The name of the dump is all that may differ.
            said.append(re.sub(re.escape(str(path)), "DUMP", done.stdout))
        self.assertIn("TOTAL MEM", said[0])
        self.assertEqual(said[0].splitlines(), said[1].splitlines())


if __name__ == "__main__":
    cycle.main()
