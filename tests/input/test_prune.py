#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`kdumpkit prune` where some dumps can be removed and some cannot: the others go, are named, and it is an error."""
import json
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

    def prune(self, *folders, options=()):
        # Permissions bind root too without these capabilities.
        drop = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
        words = [word for folder in folders for word in ("--folder", self.work / folder)]
        command = [*drop, settings.programs / "kdumpkit", "prune", "--config", self.config, *options, *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

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

    def shared(self):
        for day, host in (("01", os.uname().nodename), ("02", os.uname().nodename), ("03", "other"), ("04", "other")):
            folder = self.work / f"shared/202612{day}T010203Z-h"
            folder.mkdir(parents=True)
            (folder / "summary.json").write_text(json.dumps({"host": host}))

    def test_what_other_machines_left_is_theirs(self):
        self.shared()
        done = self.prune("shared")
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("other machines' dumps, which stay: 2; --all-hosts counts", done.stderr)
        left = [path.name[6:8] for path in sorted((self.work / "shared").iterdir())]
        self.assertEqual(left, ["02", "03", "04"])
        self.assertEqual(self.prune("shared").stdout, "nothing to remove\n")
        done = self.prune("shared", options=("--all-hosts",))
        self.assertEqual(done.stderr, "")
        self.assertEqual([path.name[6:8] for path in (self.work / "shared").iterdir()], ["04"])

    def test_record_leaves_it_to_them_as_well(self):
        if os.geteuid() != 0 or subprocess.run(["unshare", "--mount", "true"], check=False).returncode != 0:
            self.skipTest("a mount namespace needs root, and to be allowed here")
        self.shared()
        (self.work / "state").mkdir()
        self.config.write_text(f'target = "file://{self.work}/shared"\n[retention]\ncount = 1\n')
        program = settings.programs.resolve() / "kdumpkit"
        done = subprocess.run(["unshare", "--mount", "/bin/sh", "-c", f"mount --bind {self.work}/state /var/lib && "
                               f"{program} record --config {self.config}"],
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done)
        self.assertEqual(done.stderr.count(": removes "), 1, done)
        left = [path.name[6:8] for path in sorted((self.work / "shared").iterdir())]
        self.assertEqual(left, ["02", "03", "04"])


if __name__ == "__main__":
    main(__doc__)
