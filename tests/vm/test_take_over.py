#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A Debian 12 that Debian's kdump-tools guard: kdumpkit says so, takes over when it is told to, is armed after a
reboot, and gives the machine back to kdump-tools when it is purged."""
import unittest

import cycle
from debian_guest import DebianGuest, build_packages, make_image

place = None
STEPS = (
    """
run grub update-grub
run tools apt-get install -y kdump-tools
sed -i 's/^#*USE_KDUMP=.*/USE_KDUMP=1/' /etc/default/kdump-tools
run install apt-get install -y /steps/makedumpfile-lite.deb /steps/kdumpkit.deb
run refused kdumpkit setup
run still systemctl is-enabled kdump-tools.service
run over kdumpkit setup --take-over
reboot
""",
    """
run status kdumpkit status
run loaded cat /sys/kernel/kexec_crash_loaded
run tools1 systemctl is-enabled kdump-tools.service
run purge apt-get purge -y kdumpkit
run tools2 systemctl is-enabled kdump-tools.service
reboot
""",
    """
run cmdline cat /proc/cmdline
run tools3 systemctl is-active kdump-tools.service
run state kdump-config status
poweroff
""",
)


class TakeOver(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        debs = build_packages(place.work)
        image, _ = make_image("12", debs)
        cls.guest = DebianGuest(place.work / "guest", image, debs, STEPS).run(3000)
        cls.guest.forget()

    def said(self, name, status=0):
        result = self.guest.result(name)
        self.assertEqual(result[0], status, f"{name}: {result[1]}")
        return result[1]

    def test_another_kdump_is_named_and_left_alone(self):
        self.said("tools")
        self.said("install")
        refused = self.guest.result("refused")
        self.assertNotEqual(refused[0], 0)
        self.assertIn("kdump-tools.service loads a capture kernel of its own", refused[1])
        self.assertIn("--take-over", refused[1])
        self.assertEqual(self.said("still"), "enabled")

    def test_it_is_taken_over_when_told(self):
        self.assertIn("disable kdump-tools.service", self.said("over"))
        self.assertIn("armed:       yes", self.said("status"))
        self.assertEqual(self.said("loaded"), "1")
        self.assertEqual(self.said("tools1", 1), "disabled")

    def test_a_purge_gives_it_back(self):
        self.said("purge")
        self.assertEqual(self.said("tools2"), "enabled")
        self.assertIn("crashkernel=", self.said("cmdline"))
        self.assertEqual(self.said("tools3"), "active")
        self.assertIn("ready to kdump", self.said("state"))


if __name__ == "__main__":
    cycle.main()
