#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A kernel that limits how often something may be loaded (since 6.3), and that has its kexec files in a folder of their
own (since 6.19): what is left is told, a refusal comes before the call and says why."""
import unittest

import cycle

place = None
LOAD = "kdumpkit load --kernel /kernel --initrd /initrd"
SCRIPT = f"""
run files ls /sys/kernel/kexec
run before kdumpkit status
echo 3 >/proc/sys/kernel/kexec_load_limit_panic
echo 1 >/proc/sys/kernel/kexec_load_limit_reboot
run limited kdumpkit status
run first {LOAD}
run armed kdumpkit status
run second {LOAD} --syscall kexec_file_load
run reboot {LOAD} --reboot
run status kdumpkit status
run reboot_again {LOAD} --reboot
run third {LOAD}
run fourth {LOAD}
run unload kdumpkit unload
run still cat /sys/kernel/kexec/crash_loaded
echo 1 >/proc/sys/kernel/kexec_load_disabled
run disabled {LOAD}
run plan {LOAD} --plan
run last kdumpkit status --json
poweroff -f
"""


class Limits(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        initrd = place.build(place.work / "capture.img", cycle.ABSENT, modules="none")
        cls.guest = place.guest("limits", SCRIPT, initrd).run()

    def refused(self, name, code, *words):
        status, output = self.guest.result(name)
        self.assertEqual(status, code, f"{name}: {output}")
        for word in words:
            self.assertIn(word, output, name)
        self.assertIn("next: ", output, name)

    def test_the_files_are_in_their_new_folder(self):
        self.assertIn("crash_loaded", self.guest.result("files")[1])
        self.assertRegex(self.guest.result("before")[1], r"armed: +no")
        self.assertRegex(self.guest.result("armed")[1], r"armed: +yes")
        self.assertIn("for reboot:  /kernel", self.guest.result("status")[1])

    def test_what_is_left_is_told(self):
        self.assertNotIn("limit", self.guest.result("before")[1])
        self.assertIn("kexec_load_limit_panic permits 3 more", self.guest.result("limited")[1])
        self.assertIn("kexec_load_limit_reboot permits 1 more", self.guest.result("limited")[1])
        status, output = self.guest.result("first")
        self.assertEqual(status, 0, output)
        self.assertIn("kexec_load_limit_panic permits 2 more", output)
        for name in ("second", "reboot", "third"):
            self.assertEqual(self.guest.result(name)[0], 0, self.guest.result(name)[1])
        self.assertIn("kexec_load_limit_panic permits 1 more", self.guest.result("status")[1])

    def test_a_used_up_limit_is_explained(self):
        self.refused("reboot_again", 2, "kernel.kexec_load_limit_reboot is 0")
        self.refused("fourth", 2, "kernel.kexec_load_limit_panic is 0")
        self.refused("unload", 1, "kernel.kexec_load_limit_panic is 0")
        self.assertEqual(self.guest.result("still")[1], "1", "a refusal must not disarm")

    def test_disabled_is_explained(self):
        self.refused("disabled", 2, "kernel.kexec_load_disabled is 1")
        status, output = self.guest.result("plan")
        self.assertEqual(status, 0, output)
        self.assertIn("it would not be loaded: kernel.kexec_load_disabled is 1", output)
        self.assertIn('"load_disabled": true', self.guest.result("last")[1])
        self.assertIn('"panic_loads_left": 0', self.guest.result("last")[1])


if __name__ == "__main__":
    cycle.main()
