#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A Debian 12 that Debian's kdump-tools guard: they capture a panic. kdumpkit says so, takes the machine over with
their settings when it is told to, captures the same panic, twice, the second time with a kexec back into production,
and gives everything back when it is purged."""
import json
import unittest

import cycle
from debian_guest import PANIC, DebianGuest, build_packages, make_image

place = None
STEPS = (
    """
run tools apt-get install -y kdump-tools makedumpfile
cat >/etc/default/kdump-tools <<END
USE_KDUMP=1
KDUMP_COREDIR="/srv/dumps"
KDUMP_NUM_DUMPS=7
MAKEDUMP_ARGS="-c -d 23"
END
mkdir -p /srv/dumps
reboot
""",
    "run ready kdump-config status\n" + PANIC,
    """
run theirs find /srv/dumps -name 'dump.*' -size +1M
run theirlog find /srv/dumps -name 'dmesg.*' -size +1k
run install apt-get install -y /steps/makedumpfile-lite.deb /steps/kdumpkit.deb
run refused kdumpkit setup
run still systemctl is-enabled kdump-tools.service
run import kdumpkit config import /etc/default/kdump-tools
run over kdumpkit setup --take-over
reboot
""",
    """
run status kdumpkit status
run loaded cat /sys/kernel/kexec_crash_loaded
run tools1 systemctl is-enabled kdump-tools.service
run target kdumpkit config show --json
""" + PANIC,
    # A kernel is only started from the machine's first CPU.
    """
run list kdumpkit list --json
printf '[capture]\\nfinal_action = "kexec"\\n' >>/etc/kdumpkit.toml
run kexec systemctl reload kdumpkit.service
sync
say about to panic
taskset -c 0 sh -c 'echo c >/proc/sysrq-trigger'
""",
    """
run list2 kdumpkit list --json
run purge apt-get purge -y kdumpkit makedumpfile-lite
run tools2 systemctl is-enabled kdump-tools.service
run left find / -xdev -iname '*kdumpkit*' -not -path '/var/cache/*' -not -path '/var/log/*'
run defaults cat /etc/default/kdump-tools
reboot
""",
    """
run cmdline cat /proc/cmdline
run tools3 systemctl is-active kdump-tools.service
run state kdump-config status
poweroff
""",
)


def without_firmware(moments, until):
    """Seconds from the panic, less those of the firmware and GRUB. Their emulation takes longer with each boot of one
    machine, probably since GRUB fills pages in which QEMU still has translated code: who panics later waits longer."""
    return moments["loader"] + moments[until] - moments["kernel"]


class TakeOver(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        debs = build_packages("12", place.work)
        image, cls.about = make_image("12", debs)
        cls.guest = DebianGuest(place.work / "guest", image, debs, STEPS).run(4500)
        cls.guest.forget()

    def said(self, name, status=0):
        result = self.guest.result(name)
        self.assertEqual(result[0], status, f"{name}: {result[1]}")
        return result[1]

    def test_another_kdump_is_named_and_left_alone(self):
        self.said("tools")
        self.assertIn("ready to kdump", self.said("ready"))
        for what in ("theirs", "theirlog"):
            self.assertIn("/srv/dumps/", self.said(what), "their capture is no capture")
        self.said("install")
        refused = self.guest.result("refused")
        self.assertNotEqual(refused[0], 0)
        self.assertIn("kdump-tools.service loads a capture kernel of its own", refused[1])
        self.assertIn("--take-over", refused[1])
        self.assertEqual(self.said("still"), "enabled")

    def test_its_settings_are_taken_over(self):
        for line in ('target = ["file:///srv/dumps"]', "level = 23", 'compress = "zlib"', "count = 7"):
            self.assertIn(line, self.said("import"))
        settings = {one["key"]: one["value"] for one in json.loads(self.said("target"))["keys"]}
        self.assertEqual([settings[key] for key in ("target", "dump.level", "dump.compress", "retention.count")],
                         [["file:///srv/dumps"], 23, "zlib", 7])

    def test_it_is_taken_over_when_told(self):
        self.assertIn("disable kdump-tools.service", self.said("over"))
        self.assertIn("armed:       yes", self.said("status"))
        self.assertEqual(self.said("loaded"), "1")
        self.assertEqual(self.said("tools1", 1), "disabled")

    def test_the_same_panic_is_captured_sooner(self):
        dumps = json.loads(self.said("list"))["dumps"]
        self.assertEqual([(dump["complete"], dump["kernel_release"]) for dump in dumps], [(True, self.about["older"])])
        self.assertTrue(dumps[0]["folder"].startswith("/srv/dumps/"), dumps)
        theirs, ours = (self.guest.tell_after_panic(name, step) for name, step in (("kdump-tools", 1), ("kdumpkit", 3)))
        for moment in ("log", "loader"):
            self.assertLess(ours[moment], theirs[moment] / 2, moment)
        for moment in ("services", "guarded"):
            self.assertLess(without_firmware(ours, moment), without_firmware(theirs, moment), moment)

    def test_a_kexec_leads_back_as_well(self):
        self.said("kexec")
        dumps = json.loads(self.said("list2"))["dumps"]
        self.assertEqual([dump["complete"] for dump in dumps], [True, True])
        back = self.guest.tell_after_panic("kdumpkit, final_action = kexec", 4)
        self.assertNotIn("loader", back)
        self.assertLess(back["guarded"], self.guest.after_panic(1)["guarded"])

    def test_a_purge_gives_it_back(self):
        self.said("purge")
        self.assertEqual(self.said("tools2"), "enabled")
        self.assertEqual(self.said("left"), "")
        self.assertIn("KDUMP_NUM_DUMPS=7", self.said("defaults"))
        self.assertIn("crashkernel=", self.said("cmdline"))
        self.assertEqual(self.said("tools3"), "active")
        self.assertIn("ready to kdump", self.said("state"))


if __name__ == "__main__":
    cycle.main()
