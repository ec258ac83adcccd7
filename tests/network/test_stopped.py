#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""kdump-network with less and less memory: it ends with words and a code of its own, whatever it ran out of memory at.
In the capture kernel its words are all that tells why there is no network. Argument: the build folder."""
import pathlib
import resource
import subprocess
import sys
import tempfile
import unittest

build = None
FROZEN = "# a comment that has to be held in memory\n" * 90000  # below the limit of 4 MiB


class Stopped(unittest.TestCase):
    def test_no_memory_is_said(self):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as frozen:
            frozen.write(FROZEN)
            frozen.flush()
            stopped = 0
            for mib in range(24, 5, -1):
                done = subprocess.run([build / "bin/kdump-network", "check", frozen.name], capture_output=True,
                                      text=True, check=False, preexec_fn=lambda bytes_=mib << 20: resource.setrlimit(
                                          resource.RLIMIT_AS, (bytes_, bytes_)))
                if "error while loading shared libraries" in done.stderr:
                    break  # it does not even start
                with self.subTest(mib):
                    self.assertIn(done.returncode, (0, 1), done.stderr)  # and no signal
                    self.assertEqual(done.returncode == 1, done.stderr != "", done)
                stopped += done.stderr.startswith("kdump-network: stopped: ")
            self.assertGreater(stopped, 0)


if __name__ == "__main__":
    build = pathlib.Path(sys.argv.pop())
    unittest.main(argv=[sys.argv[0], "-v"])
