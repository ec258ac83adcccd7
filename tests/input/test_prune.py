#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`kdumpkit prune` where some dumps can be removed and some cannot: the others go, are named, and it is an error."""
import os
import pathlib
import subprocess
import tempfile
import unittest

from suite import main, settings


class Prune(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.work = pathlib.Path(folder.name)
        self.config = self.work / "kdumpkit.toml"
        self.config.write_text("[retention]\ncount = 1\n")
        for name in ("open/20261123T010203Z-h", "locked/20261124T010203Z-h", "open/20261125T010203Z-h"):
            (self.work / name).mkdir(parents=True)
        (self.work / "locked").chmod(0o555)

    def prune(self, *folders):
        # Permissions bind root too without these capabilities.
        drop = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
        words = [word for folder in folders for word in ("--folder", self.work / folder)]
        return subprocess.run([*drop, settings.programs / "kdumpkit", "prune", "--config", self.config, *words],
                              capture_output=True, text=True, timeout=60, check=False)

    def test_one_that_stays_does_not_keep_the_others(self):
        done = self.prune("locked", "open")
        self.assertEqual(done.returncode, 6, done)
        self.assertIn("removed " + str(self.work / "open/20261123T010203Z-h"), done.stdout)
        self.assertNotIn("20261124", done.stdout)
        self.assertIn("cannot remove " + str(self.work / "locked/20261124T010203Z-h"), done.stderr)
        self.assertIn("next: run it with sudo", done.stderr)
        self.assertEqual(sorted(path.name for path in self.work.glob("*/2*")),
                         ["20261124T010203Z-h", "20261125T010203Z-h"])
        self.assertEqual(self.prune("locked", "open").stdout, "")


if __name__ == "__main__":
    main(__doc__)
