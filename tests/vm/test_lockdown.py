#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A locked down kernel permits only kexec_file_load of a kernel whose signature it can verify. `auto` finds out,
whether it can read the state of lockdown or learns it from the refusal. Debian's 5.10 was built with the certificate
of its signer and loads; later ones ask the firmware, which in this guest has none (test_secure_boot.py has a better
one): what is left is to say so, and to leave the machine as it was."""
import unittest

import cycle

place = None
SIGNER_KNOWN = ("cloud-5.10",)
LOAD = "kdumpkit load --kernel /kernel --initrd /initrd"
SCRIPT = f"""
run refused {LOAD} --syscall kexec_load
run blind {LOAD}
mount -t securityfs none /sys/kernel/security
run state cat /sys/kernel/security/lockdown
run seeing {LOAD}
run loaded cat /sys/kernel/kexec_crash_loaded
poweroff -f
"""


class Lockdown(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        initrd = place.build(place.work / "capture.img", cycle.ABSENT)
        cls.guest = place.guest("lockdown", SCRIPT, initrd, append="crashkernel=192M lockdown=integrity").run()

    def test_the_kernel_is_locked_down(self):
        self.assertIn("[integrity]", self.guest.result("state")[1])

    def test_kexec_load_is_explained(self):
        status, output = self.guest.result("refused")
        self.assertEqual(status, 1, output)
        self.assertIn("lockdown", output)
        self.assertIn("next: ", output)

    def test_auto_tries_the_other_call(self):
        known = place.kernel_name in SIGNER_KNOWN
        for name in ("blind", "seeing"):
            status, output = self.guest.result(name)
            self.assertEqual(status, 0 if known else 1, output)
            if known:
                self.assertIn("loaded by kexec_file_load", output)
                continue
            self.assertIn("(kexec_file_load)", output)
            self.assertIn("signature", output)
            self.assertIn("next: give a kernel signed by", output)
            self.assertIn("the plan was:", output)
        self.assertIn("trying kexec_file_load", self.guest.result("blind")[1])
        self.assertNotIn("trying", self.guest.result("seeing")[1])
        self.assertEqual(self.guest.result("loaded")[1], "1" if known else "0")


if __name__ == "__main__":
    cycle.main()
