#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What `kdumpkit load` refuses on real kernels: one clear message with the next step, the documented exit code, and
nothing half done. Three boots: no reservation, one that is too small, and a good one with everything else wrong."""
import re
import unittest

import cycle

place = None

# Documentation/arch/x86/boot.rst
XLOADFLAGS = 0x236
XLF_CAN_BE_LOADED_ABOVE_4G = 2
LOAD = "kdumpkit load --kernel /kernel --initrd /initrd"
LOADED = "run {} cat /sys/kernel/kexec_crash_loaded\n"
GOOD = f"""
head -c 100000 /kernel >/short
head -c 5000000 /kernel >/half
mkdir /folder
long=$(printf 'x%.0s' $(seq 3000))
mkdir /etc
echo nobody:x:65534:65534::/:/bin/sh >/etc/passwd
echo nogroup:x:65534: >/etc/group
run unprivileged start-stop-daemon -S -c nobody:nogroup -x /bin/kdumpkit -- {LOAD.removeprefix("kdumpkit ")}
run short {LOAD.replace("/kernel", "/short")}
run half {LOAD.replace("/kernel", "/half")}
run not_a_kernel {LOAD.replace("/kernel", "/bin/busybox")}
run no_kernel {LOAD.replace("/kernel", "/absent")}
run folder {LOAD.replace("/kernel", "/folder")}
run no_initrd {LOAD.replace("/initrd", "/absent")}
run long_line {LOAD} --append $long
run bad_syscall {LOAD} --syscall sideways
run status_before kdumpkit status
{LOADED.format("still_nothing")}
run first {LOAD}
{LOADED.format("loaded_after_first")}
run second {LOAD}
{LOADED.format("loaded_after_second")}
run short_again {LOAD.replace("/kernel", "/short")}
{LOADED.format("loaded_after_refusal")}
run other_syscall {LOAD} --syscall kexec_file_load
run unload kdumpkit unload
{LOADED.format("loaded_after_unload")}
run unload_again kdumpkit unload
poweroff -f
"""

KERNEL = f"""
run outside vm-refused-load outside
run held vm-refused-load held {LOAD} --syscall kexec_load
run held_file vm-refused-load held {LOAD} --syscall kexec_file_load
run held_unload vm-refused-load held kdumpkit unload
run nokernel vm-refused-load nokernel /bin/busybox
run free {LOAD.replace("/kernel", "kernel").replace("/initrd", "./initrd")}
run absolute kdumpkit status
mount -t tmpfs -o ro none /run
run read_only {LOAD}
umount /run
for i in 1 2 3; do
    {LOAD} --append race=$i >/tmp/race$i 2>&1 &
done
kdumpkit load --again >/tmp/race4 2>&1 &
wait
run race sh -c 'cat /tmp/race?; test $(grep -l "^armed: " /tmp/race? | wc -l) = 4'
run status kdumpkit status
run dropped {LOAD.replace("/kernel", "/below4g")} --syscall kexec_file_load
{LOADED.format("loaded_after_drop")}
run brought_back kdumpkit load --again
{LOADED.format("loaded_again")}
flock /run/kdumpkit/lock sleep 5 &
usleep 500000
kdumpkit unload >/tmp/unload &
usleep 1500000
run waits cat /sys/kernel/kexec_crash_loaded
wait
run unload cat /tmp/unload
{LOADED.format("loaded_after_wait")}
run shrunk vm-refused-load shrunk
run after_shrinking {LOAD}
poweroff -f
"""


class Refuse(unittest.TestCase):
    def refused(self, guest, name, code, *words):
        """One refusal: the exit code, the words that matter, one message with a next step."""
        status, output = guest.result(name)
        self.assertEqual(status, code, f"{name}: {output}")
        for word in words:
            self.assertIn(word, output, name)
        self.assertIn("cannot ", output, name)
        self.assertIn("next: ", output, name)
        self.assertEqual(len(re.findall("cannot ", output)), 1, output)

    def boot(self, name, script, append):
        initrd = place.build(place.work / f"{name}.img", cycle.ABSENT)
        return place.guest(name, script, initrd, append=append).run()

    def test_no_reservation(self):
        for syscall in ("kexec_load", "kexec_file_load"):
            with self.subTest(syscall=syscall):
                guest = self.boot(f"none-{syscall}", f"run load {LOAD} --syscall {syscall}\n"
                                  + LOADED.format("loaded") + "run status kdumpkit status\npoweroff -f\n", "")
                self.refused(guest, "load", 3, "reserv", "crashkernel=")
                self.assertEqual(guest.result("loaded")[1], "0")
                self.assertRegex(guest.result("status")[1], r"armed: +no")

    def test_reservation_too_small(self):
        guest = self.boot("small", f"run load {LOAD} --syscall kexec_load\nrun file {LOAD} --syscall kexec_file_load\n"
                          + LOADED.format("loaded") + "poweroff -f\n", "crashkernel=24M")
        for name in ("load", "file"):
            self.refused(guest, name, 3, "MiB")
            self.assertRegex(guest.result(name)[1], r"(?i)(short|more|missing|needs?) ")
        self.assertEqual(guest.result("loaded")[1], "0")

    def test_everything_else(self):
        guest = self.boot("good", GOOD, "crashkernel=192M")
        self.refused(guest, "unprivileged", 2, "this needs root")
        self.refused(guest, "short", 4, "/short")
        self.refused(guest, "half", 4, "/half")
        self.refused(guest, "not_a_kernel", 2, "/bin/busybox")
        self.refused(guest, "no_kernel", 3, "/absent")
        self.refused(guest, "folder", 2, "/folder")
        self.refused(guest, "no_initrd", 3, "/absent")
        self.refused(guest, "long_line", 2, "more than the kernel takes")
        self.refused(guest, "bad_syscall", 2, "sideways")
        self.assertEqual(guest.result("still_nothing")[1], "0")
        self.assertRegex(guest.result("status_before")[1], r"armed: +no")

        self.assertEqual(guest.result("first")[0], 0, guest.result("first")[1])
        self.assertEqual(guest.result("loaded_after_first")[1], "1")
        self.assertEqual(guest.result("second")[0], 0)
        self.assertIn("replaced", guest.result("second")[1])
        self.assertNotIn("replaced", guest.result("first")[1])
        self.assertEqual(guest.result("loaded_after_second")[1], "1")
        self.refused(guest, "short_again", 4, "/short")
        self.assertEqual(guest.result("loaded_after_refusal")[1], "1", "a refused load must not disarm")
        self.assertEqual(guest.result("other_syscall")[0], 0)
        self.assertEqual(guest.result("unload")[0], 0)
        self.assertEqual(guest.result("loaded_after_unload")[1], "0")
        self.assertEqual(guest.result("unload_again")[0], 0)
        self.assertIn("no capture kernel was loaded", guest.result("unload_again")[1])

    def test_refused_by_the_kernel_itself(self):
        """Errors that kdumpkit's own checks would prevent, out of a real kernel: each has its words."""
        initrd = place.build(place.work / "kernel.img", cycle.ABSENT)
        # kexec_file_load takes no kernel that has to lie below 4 GiB, and drops the old one before it looks.
        below = bytearray(place.kernel.image.read_bytes())
        below[XLOADFLAGS] &= ~XLF_CAN_BE_LOADED_ABOVE_4G
        (place.work / "below4g").write_bytes(below)
        guest = place.guest("kernel", KERNEL, initrd, programs=["vm-refused-load", "/usr/bin/flock"],
                            files={"below4g": place.work / "below4g"}).run()
        self.refused(guest, "outside", 2, "outside the memory that may be loaded into", "Cannot assign requested")
        self.refused(guest, "held", 1, "another program is loading", "Device or resource busy")
        self.refused(guest, "held_file", 1, "another program is loading", "(kexec_file_load)")
        self.refused(guest, "held_unload", 1, "another program is loading")
        self.refused(guest, "nokernel", 5, "does not accept this file", "Exec format error")
        self.assertEqual(guest.result("free")[0], 0, "the lock is free again")
        self.assertRegex(guest.result("absolute")[1], r"loaded: +/kernel .*\n.*initrd: +/initrd")
        self.assertEqual(guest.result("read_only")[0], 0, guest.result("read_only")[1])
        self.assertIn("another kdumpkit is not kept waiting", guest.result("read_only")[1])
        # Several at once wait for each other: none meets the kernel's lock.
        self.assertEqual(guest.result("race")[0], 0, guest.result("race")[1])
        self.assertRegex(guest.result("status")[1], r"armed: +yes\n(.*\n)*command: .* race=[123] ")
        self.refused(guest, "dropped", 5, "is gone, this machine is not armed", "kdumpkit load --again")
        self.assertEqual(guest.result("loaded_after_drop")[1], "0")
        self.assertEqual(guest.result("brought_back")[0], 0, guest.result("brought_back")[1])
        self.assertEqual(guest.result("loaded_again")[1], "1")
        self.assertEqual(guest.result("waits")[1], "1", "unload waits for who holds the lock")
        self.assertIn("the capture kernel is unloaded", guest.result("unload")[1])
        self.assertEqual(guest.result("loaded_after_wait")[1], "0")
        self.refused(guest, "shrunk", 2, "boot with a larger crashkernel= if it has shrunk")
        self.refused(guest, "after_shrinking", 3, "too small by")


if __name__ == "__main__":
    cycle.main()
