#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A whole Debian (KDUMPKIT_DEBIAN: 12 or 13) with GRUB and systemd: the packages are installed, `kdumpkit setup` is
called, and the rest comes about by itself: the reservation, armed at boot, a panic, back in production, the dump
listed. Then a newer kernel is installed by apt and panics; and a purge leaves nothing but the dumps."""
import json
import os
import unittest

import cycle
from debian_guest import PANIC, DebianGuest, build_packages, make_image

place = None
VERSION = os.environ.get("KDUMPKIT_DEBIAN", "12")
INSTALL = """
run install apt-get install -y /steps/makedumpfile-lite.deb /steps/kdumpkit.deb
run enabled systemctl is-enabled kdumpkit.service kdumpkit-record.service
run unarmed kdumpkit status
"""
NOTIFY = """
mkdir -p /usr/local/bin
printf '#!/bin/sh\\necho "$1 $KDUMPKIT_COMPLETE" >/var/log/told\\n' >/usr/local/bin/tell
chmod 755 /usr/local/bin/tell
printf '[record]\\nnotify = ["/usr/local/bin/tell"]\\n' >/etc/kdumpkit.toml
"""
STEPS = (
    INSTALL + NOTIFY + """
run setup kdumpkit setup
run grubcfg grep -c crashkernel= /boot/grub/grub.cfg
reboot
""",
    "run armed kdumpkit status --json\nrun unit systemctl is-active kdumpkit.service\n" + PANIC,
    """
run unit2 systemctl is-active kdumpkit.service
run list kdumpkit list --json
run status kdumpkit status
run told sh -c 'for i in $(seq 60); do [ -s /var/log/told ] && break; sleep 1; done; cat /var/log/told'
run journal journalctl -b -o cat MESSAGE_ID=145cb7f9c6dc45e69adc4aaaea6c34fd
run upgrade apt-get install -y linux-image-@NEWER@
run prepared ls /var/lib/kdumpkit/prepared
reboot
""",
    "run newer kdumpkit status --json\nrun release uname -r\n" + PANIC,
    """
run list2 kdumpkit list --json
run purge apt-get purge -y kdumpkit makedumpfile-lite
run left find / -xdev -iname '*kdumpkit*' -not -path '/var/cache/*' -not -path '/var/log/*'
run dumps find /var/crash -name vmcore
run loaded cat /sys/kernel/kexec_crash_loaded
reboot
""",
    "run cmdline cat /proc/cmdline\nrun failed systemctl --failed --plain --no-legend\npoweroff\n",
)


class Debian(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        debs = build_packages(VERSION, place.work)
        image, cls.about = make_image(VERSION, debs)
        steps = [step.replace("@NEWER@", cls.about["newer"]) for step in STEPS]
        cls.guest = DebianGuest(place.work / "guest", image, debs, steps).run(4500)
        cls.guest.forget()

    def succeeded(self, name):
        status, output = self.guest.result(name)
        self.assertEqual(status, 0, f"{name}: {output}")
        return output

    def test_installing_arms_nothing(self):
        self.assertIn("no panic is captured yet; next: kdumpkit setup", self.succeeded("install"))
        self.assertEqual(self.guest.result("enabled")[1].split(), ["disabled", "disabled"])
        self.assertEqual(self.guest.result("unarmed")[0], 3)

    def test_setup_and_a_reboot_arm_it(self):
        self.succeeded("setup")
        self.assertNotEqual(self.succeeded("grubcfg"), "0")
        status = json.loads(self.succeeded("armed"))
        self.assertIs(status["armed"], True)
        self.assertEqual(self.succeeded("unit"), "active")

    def test_the_panic_is_captured_and_production_comes_back(self):
        dumps = json.loads(self.succeeded("list"))["dumps"]
        self.assertEqual([(dump["complete"], dump["kernel_release"]) for dump in dumps], [(True, self.about["older"])])
        self.assertIn("armed:       yes", self.succeeded("status"))
        self.assertIn(dumps[0]["name"], self.succeeded("status"))
        self.assertIn("sysrq triggered crash", self.succeeded("journal"))
        self.assertEqual(self.succeeded("unit2"), "active")
        boots = self.guest.boots()
        self.assertEqual((len(boots), len(set(boots))), (len(STEPS), len(STEPS)))
        self.guest.tell_after_panic("kdumpkit", 1)

    def test_a_program_is_told_of_the_capture(self):
        folder = json.loads(self.succeeded("list"))["dumps"][0]["folder"]
        self.assertEqual(self.succeeded("told"), f"{folder} 1")

    def test_a_newer_kernel_is_armed_and_captured(self):
        self.assertIn("the capture initramfs is prepared for kernel", self.succeeded("upgrade"))
        self.assertIn(f"{self.about['newer']}.img", self.succeeded("prepared").split())
        self.assertEqual(self.succeeded("release"), self.about["newer"])
        self.assertIs(json.loads(self.succeeded("newer"))["armed"], True)
        dumps = json.loads(self.succeeded("list2"))["dumps"]
        self.assertEqual({dump["kernel_release"] for dump in dumps}, {self.about["older"], self.about["newer"]})
        self.assertTrue(all(dump["complete"] for dump in dumps), dumps)

    def test_a_purge_gives_everything_back_but_the_dumps(self):
        self.succeeded("purge")
        self.assertEqual(self.guest.result("left")[1], "")
        self.assertEqual(len(self.succeeded("dumps").splitlines()), 2)
        self.assertEqual(self.succeeded("loaded"), "0")
        self.assertNotIn("crashkernel", self.succeeded("cmdline"))
        self.assertEqual(self.succeeded("failed"), "")


if __name__ == "__main__":
    cycle.main()
