#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The generic kernel and an Intel network device: its driver is found and packed, its address comes from DHCP."""
import unittest

import cycle
import netguest
from nfs_server import NfsServer

import kdump_reader

place = None
SETUP = """
ip link set lo up
ip link set eth0 up
ip addr add 10.0.2.77/24 dev eth0 valid_lft 3600 preferred_lft 3600
"""


class Intel(unittest.TestCase):
    def test_dhcp(self):
        with NfsServer(place.work / "server") as server:
            guest = netguest.freezing_guest(
                place, "e1000e", f"nfs://10.0.2.2:{server.port}/export", SETUP, devices=netguest.nic(model="e1000e"),
                wanted=("e1000e",), dhcp=True).run(deadline=400)
            for step in ("build", "load"):
                status, output = guest.result(step)
                self.assertEqual(status, 0, output)
            self.assertIn(" e1000e", guest.result("build")[1])
            folder = cycle.only_dump(server.export)
            self.assertIs(cycle.read_json(folder / "summary.json")["complete"], True)
            self.assertEqual(kdump_reader.KdumpFile(folder / "vmcore").utsname["release"], place.kernel.release)
        self.assertIn("leased 10.0.2.15", "\n".join(guest.captured()))


if __name__ == "__main__":
    cycle.main()
