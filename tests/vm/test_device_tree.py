#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A device tree for the next kernel: `load --reboot --dtb`, and that kernel finds it (CONFIG_OF, which Debian's kernels
for x86 have not)."""
import subprocess
import unittest

import cycle
from guest import Guest

place = None
TREE = """/dts-v1/;
/ {
    #address-cells = <1>;
    #size-cells = <0>;
    model = "a machine of this test";
    compatible = "kdumpkit,test";
    cpus {
        #address-cells = <1>;
        #size-cells = <0>;
        cpu@0 { device_type = "cpu"; reg = <0>; };
    };
    chosen { proof = "it came through setup_data"; };
};
"""
LOAD = "kdumpkit load --reboot --kernel /kernel --initrd /next --append second=yes"
FIRST = f"""
run before cat /proc/device-tree/model
run plan {LOAD} --dtb /tree.dtb --plan
run other {LOAD} --dtb /tree.dtb --syscall kexec_file_load
run wrong {LOAD} --dtb /next
run load {LOAD} --dtb /tree.dtb
run again kdumpkit load --reboot --again
kdumpkit reboot --now
"""
SECOND = """
run cmdline cat /proc/cmdline
run model cat /proc/device-tree/model
run proof cat /proc/device-tree/chosen/proof
reboot -f
"""


class DeviceTree(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        tree = place.work / "tree.dtb"
        subprocess.run(["dtc", "-I", "dts", "-O", "dtb", "-o", tree], input=TREE, text=True, check=True)
        second = Guest(place.work / "second", place.kernel, SECOND)
        cls.guest = place.guest("first", FIRST, files={"next": second.initramfs, "tree.dtb": tree}).run()

    def test_the_next_kernel_has_it(self):
        self.assertNotEqual(self.guest.result("before")[0], 0, "there was none before")
        self.assertIn("second=yes", self.guest.result("cmdline")[1])
        self.assertIn("a machine of this test", self.guest.result("model")[1])
        self.assertIn("it came through setup_data", self.guest.result("proof")[1])

    def test_loaded_and_loaded_again(self):
        for name in ("plan", "load", "again"):
            status, output = self.guest.result(name)
            self.assertEqual(status, 0, output)

    def test_refusals(self):
        status, output = self.guest.result("other")
        self.assertEqual(status, 2, output)
        self.assertIn("a device tree", output)
        status, output = self.guest.result("wrong")
        self.assertEqual(status, 2, output)
        self.assertIn("/next", output)
        self.assertIn("next: ", output)


if __name__ == "__main__":
    cycle.main()
