#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The installed systemd units, judged by systemd-analyze, and the catalog, by journalctl. Argument: the build
folder."""
import collections
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

build = None
UNITS = ("kdumpkit.service", "kdumpkit-record.service", "kdumpkit-forward.service", "kdumpkit-online.target")


def verify(root, *units):
    """What systemd-analyze says about units below `root`; empty when they are good."""
    done = subprocess.run(["systemd-analyze", "verify", f"--root={root}", "--man=no", *units], capture_output=True,
                          text=True, check=False)
    return (done.stdout + done.stderr if done.returncode else "\n".join(
        line for line in done.stderr.splitlines() if "kdumpkit" in line))


def dependencies(root, unit):
    """What the unit is before, after, ... when systemd has read all units below `root`: kind to the units' names."""
    done = subprocess.run(["systemd-analyze", "verify", f"--root={root}", "--man=no", unit], capture_output=True,
                          text=True, check=True, env={**os.environ, "SYSTEMD_LOG_LEVEL": "debug"})
    found = collections.defaultdict(set)
    inside = False
    for line in done.stdout.splitlines():
        if "-> Unit " in line:
            inside = line.strip() == f"-> Unit {unit}:"
        kind, colon, what = line.strip().partition(": ")
        if inside and colon and " (origin-" in what:
            found[kind].add(what.split()[0])
    return found


class Units(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp())
        subprocess.run(["cmake", "--install", build, "--prefix", "/usr"], check=True, stdout=subprocess.DEVNULL,
                       env={**os.environ, "DESTDIR": str(cls.root)})
        # The units that ours refer to.
        shutil.copytree("/lib/systemd/system", cls.root / "lib/systemd/system", symlinks=True)
        for name in ("sbin", "bin"):
            (cls.root / name).symlink_to(f"usr/{name}")
        cls.units = cls.root / "usr/lib/systemd/system"

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.root)

    def test_they_are_good(self):
        self.assertEqual(verify(self.root, *UNITS), "")

    def test_a_mistake_would_be_seen(self):
        for old, new in (("Type=oneshot", "Type=oneshoot"), ("ExecStart=kdumpkit", "ExecStart=kdumpkitten"),
                         ("NoNewPrivileges=yes", "NoNewPrivilege=yes")):
            with self.subTest(new):
                path = self.units / "kdumpkit.service"
                good = path.read_text()
                self.assertIn(old, good)
                path.write_text(good.replace(old, new))
                try:
                    self.assertNotEqual(verify(self.root, "kdumpkit.service"), "")
                finally:
                    path.write_text(good)

    def test_those_that_change_dumps_may_do_so_on_boot(self):
        for unit in ("kdumpkit-record.service", "kdumpkit-forward.service"):
            lines = (self.units / unit).read_text().splitlines()
            self.assertIn("ProtectSystem=full", lines)  # which makes /boot read-only
            self.assertIn("ReadWritePaths=-/boot -/efi", lines)

    def test_only_the_network_target_makes_arming_wait_for_the_network(self):
        self.assertNotIn("network", (self.units / "kdumpkit.service").read_text().split("[Service]")[0])
        online = (self.units / "kdumpkit-online.target").read_text()
        for line in ("After=network-online.target", "Before=kdumpkit.service", "WantedBy=kdumpkit.service"):
            self.assertIn(line, online)

    def test_what_takes_long_does_not_hold_up_multi_user_target(self):
        """Of what it wants a target is after, unless one of the two has no default dependencies."""
        subprocess.run(["systemctl", f"--root={self.root}", "enable", *UNITS], check=True, capture_output=True)
        target = dependencies(self.root, "multi-user.target")
        for unit in ("kdumpkit.service", "kdumpkit-forward.service"):
            with self.subTest(unit):
                self.assertIn(unit, target["Wants"])
                self.assertNotIn(unit, target["After"])
                ours = dependencies(self.root, unit)
                self.assertEqual(ours["Before"], {"shutdown.target"})
                # The other defaults, which are written out.
                self.assertIn("sysinit.target", ours["Requires"])
                self.assertIn("sysinit.target", ours["After"])
                self.assertIn("shutdown.target", ours["Conflicts"])
        self.assertIn("kdumpkit-record.service", target["After"])  # quick, and to be seen at a login

    def test_the_subcommands_exist(self):
        for unit in UNITS:
            for line in (self.units / unit).read_text().splitlines():
                if line.startswith("Exec"):
                    words = line.split("=", 1)[1].split()
                    done = subprocess.run([self.root / "usr/sbin" / words[0], *words[1:], "--help"], check=False,
                                          stdout=subprocess.DEVNULL)
                    self.assertEqual(done.returncode, 0, line)

    def test_the_catalog_is_read(self):
        done = subprocess.run(["journalctl", f"--root={self.root}", "--update-catalog"], capture_output=True, text=True,
                              check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        shown = subprocess.run(["journalctl", f"--root={self.root}", "--dump-catalog",
                                "145cb7f9c6dc45e69adc4aaaea6c34fd"], capture_output=True, text=True, check=True).stdout
        self.assertIn("A kernel panic was captured", shown)


if __name__ == "__main__":
    build = sys.argv.pop()
    unittest.main(argv=[sys.argv[0], "-v"])
