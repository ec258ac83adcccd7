#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A panic whose dump goes to OpenSSH: one target has the wrong key of its server, the next one the right one. A disk
after them gets the first words, and is told who has the dump."""
import pathlib
import subprocess
import sys
import unittest

import cycle
import outcomes
from disk import Disk
from shipping import HOST, SETTINGS, check_end, check_folder, known_hosts, ship

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "send"))
from servers import Sshd  # noqa: E402

place = None


class Send(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        home = place.work / "server"
        subprocess.run(["rm", "-rf", home], check=True)
        cls.server = Sshd(home).start()
        cls.addClassCleanup(cls.server.kill)
        url = f"sftp://{cls.server.user}@{HOST}:{cls.server.port}{cls.server.data}"
        targets = [f"{url}/{folder}?key=/etc/key&known_hosts=/etc/{names}"
                   for folder, names in (("elsewhere", "wrong"), ("crash", "right"))]
        files = {"etc/key": cls.server.user_key,
                 "etc/right": known_hosts(home / "right", cls.server.port, cls.server.host_key),
                 "etc/wrong": known_hosts(home / "wrong", cls.server.port, cls.server.make_key("stranger"))}
        cls.disk = Disk(place.work / "disk.img", 64)
        cls.guest = ship(place, "send", [*targets, cls.disk.target()], files, disks=[cls.disk],
                         settings=SETTINGS.replace("= 10", "= 60"))

    def test_dump_is_on_the_server(self):
        check_folder(self, place, cycle.only_dump(self.server.data / "crash"))
        outcomes.record(place, "an SSH server has the wrong host key", self.guest,
                        "nothing there, all on the next target")

    def test_nothing_went_to_a_server_with_another_key(self):
        self.assertFalse((self.server.data / "elsewhere").exists())
        self.assertIn("another one than in known_hosts", "\n".join(self.guest.captured()))

    def test_the_disk_knows_who_has_the_dump(self):
        folder = cycle.only_dump(self.disk.read_back("/crash"))
        self.assertFalse((folder / "vmcore").exists())
        self.assertIs(cycle.read_json(folder / "summary.json")["complete"], False)
        self.assertEqual(cycle.read_json(folder / "shipped.json")["to"],
                         [f"sftp://{self.server.user}@{HOST}:{self.server.port}{self.server.data}/crash"])

    def test_it_rebooted(self):
        self.assertIn("done after", check_end(self, self.guest))


if __name__ == "__main__":
    cycle.main()
