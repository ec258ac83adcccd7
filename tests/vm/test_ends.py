#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a capture does besides the dump: the nodes of a cluster hear of it, a hardware watchdog is fed, and at the end
there is a shell. The kernel is Debian's generic one, which has the driver of QEMU's watchdog."""
import unittest

import cycle
import netguest
from cluster_node import MESSAGE, ClusterNode
from disk import Disk
from shipping import HOST, SETTINGS, check_folder, ship

place = None


class Ends(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.disk = Disk(place.work / "disk.img", 256)
        cls.node = ClusterNode()
        settings = SETTINGS.replace("[capture]\n", "[capture]\n" f'fence_kdump = "{HOST}:{cls.node.port}"\n'
                                    'final_action = "shell"\n')
        # Armed before the panic: whoever does not feed it is reset after 75 s, and QEMU then ends.
        arm = netguest.load(place.kernel, "i6300esb").rstrip() + " heartbeat=75\n"
        arm += "sh -c 'exec 3>/dev/watchdog && echo guest: the watchdog is armed >/dev/kmsg && sleep 1000' &\nsleep 1\n"
        with cls.node:
            cls.guest = ship(
                place, "ends", [cls.disk.target()], {"usr/bin/busybox": "/bin/busybox"}, settings=settings,
                disks=[cls.disk], qemu=["-device", "i6300esb"], append="i6300esb.heartbeat=70",
                modules="virtio_pci,virtio_net,virtio_blk,ext4,i6300esb", workload=arm,
                guest_files=netguest.module_files(place.kernel, "i6300esb"),
                when={"kdump-capture: a shell on the console": lambda guest: guest.type(
                    "sleep 90\necho the answer is $((6 * 7))\nexit\n")})
        cls.said = "\n".join(cls.guest.captured())

    def test_the_cluster_is_told_though_the_target_is_local(self):
        self.assertIn("telling 1 nodes every 5 s", self.said)
        self.assertGreater(len(self.node.heard), 1)
        self.assertEqual(set(self.node.heard), {MESSAGE})

    def test_the_watchdog_is_fed(self):
        """Otherwise it would have ended the wait in the shell."""
        self.assertIn("guest: the watchdog is armed", self.guest.text())
        self.assertIn("feeding the hardware watchdog /dev/watchdog", self.said)
        self.assertGreater(self.guest.seconds_between("a shell on the console", "the answer is 42"), 80)

    def test_a_module_gets_what_the_command_line_has_for_it(self):
        """From production's, in the capture kernel; production itself loaded it with another number."""
        for boot, seconds in ((0, 75), (1, 70)):
            self.assertIn(f"initialized. heartbeat={seconds} sec", "\n".join(self.guest.kernel_lines(boot)))

    def test_the_shell_answers_and_its_end_reboots(self):
        self.assertRegex(self.guest.text(), r"(?m)^the answer is 42$")
        self.assertTrue(self.said.endswith("rebooting"), self.said[-300:])

    def test_the_dump_is_there(self):
        check_folder(self, place, cycle.only_dump(self.disk.read_back()))


if __name__ == "__main__":
    cycle.main()
