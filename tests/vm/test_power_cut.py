#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The power goes while `kdumpkit arm` writes a new capture initramfs (QEMU ends at once, what the guest had not written
to its disk is lost). At the next boot the image that is there is whole, can be loaded, and nothing is left over."""
import unittest

import cycle
import installed
import test_systemd
from disk import Disk
from guest import Guest
from qmp import Qmp

place = None
BEGIN = test_systemd.MACHINE + """
export PATH=/bin:/usr/bin:/usr/sbin
mount -t ext4 /dev/nvme0n1 /var
mkdir -p /run
"""
CUT = BEGIN + """
run arm kdumpkit arm
sync
while :; do kdumpkit arm --rebuild >/dev/null 2>&1; done &
while ! ls /var/lib/kdumpkit/capture.img.new-* >/dev/null 2>&1; do :; done
say the power goes
sleep 60
poweroff -f
"""
# With wrong settings none can be made: only the one that is there can be loaded.
AFTER = BEGIN + """
run left ls /var/lib/kdumpkit
echo 'levle = 3' >/etc/kdumpkit.toml
run fallback kdumpkit arm
run loaded cat /sys/kernel/kexec_crash_loaded
rm /etc/kdumpkit.toml
run mended kdumpkit arm --rebuild
run clean ls /var/lib/kdumpkit
umount /var
poweroff -f
"""


class PowerCut(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        disk = Disk(place.work / "disk.img", 192, bus="nvme")
        files = installed.files_of(place, "")
        socket = place.work / "qmp"
        socket.unlink(missing_ok=True)

        def guest(name, script, **more):
            return Guest(place.work / name, place.kernel, script, disks=[disk], files=files,
                         append="crashkernel=192M", **more)

        cls.cut = guest("cut", CUT, qemu=("-qmp", f"unix:{socket},server=on,wait=off"))
        cls.cut.when["guest: the power goes"] = lambda: Qmp(socket).command("quit")
        cls.cut.run(600)
        cls.cut.initramfs.unlink()
        cls.after = guest("after", AFTER)
        cls.after.run(600)
        cls.after.initramfs.unlink()

    def succeeded(self, guest, name):
        status, output = guest.result(name)
        self.assertEqual(status, 0, f"{name}: {output}")
        return output

    def test_it_went_in_the_middle(self):
        self.succeeded(self.cut, "arm")
        self.assertIn("guest: the power goes", self.cut.text())
        self.assertNotIn("Power down", self.cut.text())
        self.assertIn("capture.img", self.succeeded(self.after, "left"))

    def test_the_image_that_is_there_is_loaded(self):
        status, output = self.after.result("fallback")
        self.assertEqual(status, 2, output)
        self.assertIn("is loaded instead", output)
        self.assertEqual(self.succeeded(self.after, "loaded"), "1")

    def test_nothing_is_left_over(self):
        self.succeeded(self.after, "mended")
        self.assertEqual(self.succeeded(self.after, "clean").split(), ["capture.img", "capture.json"])


if __name__ == "__main__":
    cycle.main()
