#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A panic whose dump goes to an NFS server, through a network that the settings describe: no shell, no mount.nfs."""
import unittest

import cycle
import netguest
from nfs_server import NfsServer

import kdump_reader

place = None
LOAD = "run load kdumpkit load --kernel /kernel --initrd /initrd\n"


class Network(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(NfsServer(place.work / "server"))
        image = place.build(place.work / "capture.img", f"nfs://10.0.2.2:{cls.server.port}/export", netguest.STATIC,
                            modules="virtio_pci,virtio_net")
        cls.guest = place.guest("network", LOAD + cycle.PANIC, image, qemu=netguest.nic()).run()

    @classmethod
    def enterClassContext(cls, context):
        """As Python 3.11 has it."""
        cls.addClassCleanup(context.__exit__, None, None, None)
        return context.__enter__()

    def test_the_dump_is_on_the_server(self):
        folder = cycle.only_dump(self.server.export)
        self.assertTrue((folder / "dmesg.txt").stat().st_size > 1000)
        self.assertIs(cycle.read_json(folder / "summary.json")["complete"], True)
        dump = kdump_reader.KdumpFile(folder / "vmcore")
        self.assertEqual(dump.utsname["release"], place.kernel.release)

    def test_what_came_up_is_said(self):
        said = "\n".join(self.guest.captured())
        self.assertRegex(said, rf"network: \S+ \(MAC {netguest.MAC}, the settings' uplink\) is up with 10\.0\.2\.15/24")
        self.assertIn("(NFS 4.2)", said)

    def test_it_rebooted(self):
        self.assertRegex("\n".join(self.guest.captured()), r"done after .*: reboot\nrebooting$")


if __name__ == "__main__":
    cycle.main()
