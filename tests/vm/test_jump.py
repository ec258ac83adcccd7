#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Into another kernel and back: `load --reboot --preserve-context`, `reboot --now`, and in the second kernel
`reboot --back`. The first goes on with its processes and every byte of its memory, and so does the second when the
first comes again."""
import re
import unittest

import cycle
from guest import Guest

place = None
MEMORY = 512  # MiB for the second kernel, whose initramfs takes half of it
LOAD = (f"kdumpkit load --reboot --preserve-context --memory {MEMORY}M --kernel /kernel --initrd /next "
        "--append second=yes")
FIRST = f"""
run cpus0 grep -c ^processor /proc/cpuinfo
run hopeless kdumpkit reboot --back
dd if=/dev/urandom of=/tmp/blob bs=1M count=50
run sum0 md5sum /tmp/blob
(i=0; while :; do i=$((i+1)); echo $i >/tmp/count; usleep 50000; done) &
ticker=$!
run plan {LOAD} --plan
run load {LOAD}
run status kdumpkit status
run clean kdumpkit reboot
run pids1 sh -c "echo $ticker; cat /tmp/count"
run jump1 kdumpkit reboot --now
say the first kernel is back
run sum1 md5sum /tmp/blob
usleep 500000
run pids2 sh -c "kill -0 $ticker && echo $ticker; cat /tmp/count"
run jump2 kdumpkit reboot --now
say the first kernel is back again
run sum2 md5sum /tmp/blob
run cpus grep -c ^processor /proc/cpuinfo
run again kdumpkit load --reboot --again
run jump3 kdumpkit reboot --now
run sum3 md5sum /tmp/blob
run unload kdumpkit unload --reboot
run unloaded cat /sys/kernel/kexec_loaded
reboot -f
"""
SECOND = """
say the second kernel is up
run cmdline cat /proc/cmdline
run memory grep MemTotal /proc/meminfo
dd if=/dev/urandom of=/tmp/fill bs=1M count=10
run fill1 md5sum /tmp/fill
run back1 kdumpkit reboot --back
say the second kernel goes on
run fill2 md5sum /tmp/fill
run back2 kdumpkit reboot --back
say nobody should read this
reboot -f
"""


class Jump(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        kdumpkit = [place.program("kdumpkit")]
        second = Guest(place.work / "second", place.kernel, SECOND, programs=kdumpkit)
        cls.guest = place.guest("first", FIRST, append="first=yes", memory=2048,
                                files={"next": second.initramfs}).run(deadline=900)

    def ok(self, name):
        status, output = self.guest.result(name)
        self.assertEqual(status, 0, f"{name}: {output}")
        return output

    def test_the_second_kernel_runs_in_its_own_memory(self):
        words = self.ok("cmdline").split()
        self.assertIn("first=yes", words)
        self.assertIn("second=yes", words)
        self.assertIn("nr_cpus=1", words)
        self.assertRegex(words[-1], r"^kdumpkit\.return=0x[0-9a-f]{16}$")
        self.assertNotEqual(words[-1], "kdumpkit.return=0x" + "0" * 16)
        self.assertLess(int(self.ok("memory").split()[1]), (MEMORY + 1) * 1024)
        self.assertRegex(self.ok("plan"), r"memory .* 0 bytes loaded")

    def test_the_first_kernel_goes_on(self):
        for jump in ("jump1", "jump2"):
            self.assertIn("the other kernel returned", self.ok(jump))
        text = self.guest.text()
        self.assertEqual(len([line for line in text.splitlines() if "] Linux version " in line]), 3,
                         "the first, the second, and the second once more after it was loaded again")
        order = [text.index(words) for words in ("the second kernel is up", "the first kernel is back",
                                                 "the second kernel goes on", "the first kernel is back again")]
        self.assertEqual(order, sorted(order))
        self.assertEqual(self.ok("cpus"), self.ok("cpus0"))

    def test_every_byte_is_as_it_was(self):
        sums = {self.ok(name) for name in ("sum0", "sum1", "sum2", "sum3")}
        self.assertEqual(len(sums), 1, sums)
        self.assertRegex(sums.pop(), "^[0-9a-f]{32} ")

    def test_processes_go_on(self):
        (ticker, before), (same, after) = (self.ok(name).splitlines() for name in ("pids1", "pids2"))
        self.assertEqual(ticker, same)
        self.assertGreater(int(after), int(before))

    def test_the_second_kernel_goes_on_too(self):
        self.assertIn("the kernel before this one came back", self.ok("back1"))
        fills = re.findall(r"run fill[12]: ([0-9a-f]{32}) ", self.guest.text())
        self.assertEqual(fills[0], fills[1])

    def test_it_can_be_loaded_again_and_dropped(self):
        self.assertIn("the other kernel returned", self.ok("jump3"))
        self.ok("again")
        self.ok("unload")
        self.assertEqual(self.ok("unloaded"), "0")
        self.assertNotIn("nobody should read this", self.guest.text())

    def test_words(self):
        self.assertIn("next: kdumpkit reboot --now", self.ok("load"))
        self.assertNotIn("may fault", self.ok("load"), "the kernel's own code says that it does not")
        self.assertIn("may return", self.guest.result("status")[1])
        status, output = self.guest.result("clean")
        self.assertEqual(status, 2, output)
        self.assertIn("next: kdumpkit reboot --now", output)
        status, output = self.guest.result("hopeless")
        self.assertEqual(status, 3, output)
        self.assertIn("none waits", output)


if __name__ == "__main__":
    cycle.main()
