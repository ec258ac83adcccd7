#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""CPUs and memory that come and go after the load, by each system call: a CPU goes offline and online, a DIMM is
plugged in, then the kernel panics. The dump has the new memory, and the capture kernel never ran in it."""
import re
import threading
import time
import unittest

import cycle
from disk import Disk
from qmp import Qmp

import kdump_reader

place = None
DIMM = 256 << 20
SCRIPT = """
mount -t tmpfs none /tmp
run load kdumpkit load --kernel /kernel --initrd /initrd --syscall {syscall}
run again kdumpkit load --again
run status kdumpkit status
run room cat /sys/kernel/crash_elfcorehdr_size
run hotplug cat /sys/devices/system/cpu/crash_hotplug
echo 0 >/sys/devices/system/cpu/cpu1/online
usleep 300000
echo 1 >/sys/devices/system/cpu/cpu1/online
total() {{ awk '/MemTotal/ {{ print $2 }}' /proc/meminfo; }}
before=$(total)
say plug the memory now
tries=0
until [ "$(total)" -gt $((before + 200000)) ] || [ $tries -gt 300 ]; do usleep 100000; tries=$((tries + 1)); done
run iomem grep "System RAM" /proc/iomem
""" + cycle.PANIC


def plug(guest, path):
    """Waits until the guest asks for it, and puts a DIMM in through QEMU's monitor."""
    while not any("plug the memory now" in line for _, line in guest.lines):
        time.sleep(0.1)
    monitor = Qmp(path)
    monitor.command("object-add", **{"qom-type": "memory-backend-ram", "id": "more", "size": DIMM})
    monitor.command("device_add", driver="pc-dimm", id="dimm", memdev="more")
    monitor.close()


class Hotplug:
    syscall = None

    @classmethod
    def setUpClass(cls):
        cls.disk = Disk(place.work / f"{cls.syscall}.img", 256, bus="nvme")
        initrd = place.build(place.work / f"{cls.syscall}-capture.img", cls.disk.target(), modules="none")
        # Relative to nothing, short: a socket's path has at most 107 bytes.
        path = place.work / f"{cls.syscall[:9]}.qmp"
        path.unlink(missing_ok=True)
        cls.guest = place.guest(cls.syscall, SCRIPT.format(syscall=cls.syscall), initrd, disks=[cls.disk],
                                memory="1024,slots=2,maxmem=2G",
                                qemu=("-qmp", f"unix:{path},server=on,wait=off"))
        threading.Thread(target=plug, args=(cls.guest, path), daemon=True).start()
        cls.guest.run()

    def test_the_kernel_can_do_it(self):
        self.assertEqual(self.guest.result("load")[0], 0, self.guest.result("load")[1])
        self.assertGreater(int(self.guest.result("room")[1]), 4096)
        self.assertEqual(self.guest.result("hotplug"), (0, "1"))

    def test_loaded_once_more_without_being_told_what(self):
        status, output = self.guest.result("again")
        self.assertEqual(status, 0, output)
        self.assertIn("replaced the capture kernel", output)
        self.assertIn(f"loaded by {self.syscall} ", output)
        self.assertRegex(self.guest.result("status")[1], r"armed: +yes\n(.*\n)*loaded: +/kernel")

    def test_the_dump_has_the_new_memory(self):
        ranges = [tuple(int(word, 16) for word in line.split(" : ")[0].strip().split("-"))
                  for line in self.guest.result("iomem")[1].splitlines()]
        above = [(first, last) for first, last in ranges if first >= 1 << 32]
        self.assertEqual(sum(last + 1 - first for first, last in above), DIMM, ranges)
        folder = cycle.only_dump(self.disk.read_back())
        self.assertIs(cycle.read_json(folder / "summary.json")["complete"], True)
        dump = kdump_reader.KdumpFile(folder / "vmcore")
        self.assertEqual(dump.utsname["release"], place.kernel.release)
        for first, last in above:
            there = (dump.memory >> (first >> 12)) & ((1 << ((last + 1 - first) >> 12)) - 1)
            self.assertEqual(bin(there).count("1"), DIMM >> 12)
        # The memory map of the new range is kept, and says the same as the page counts.
        kept = sum(1 for pfn in dump.pfns() if above[0][0] >> 12 <= pfn <= above[0][1] >> 12)
        self.assertLess(kept, DIMM >> 12)
        self.assertEqual(dump.notes.count(b"CORE\0"), 2)

    def test_the_capture_kernel_never_ran_in_it(self):
        lines = "\n".join(self.guest.kernel_lines(1))
        self.assertIn("acpi_no_memhotplug", lines)
        for first in re.findall(r"BIOS-e820: \[mem (0x[0-9a-f]+)-0x[0-9a-f]+\] usable", lines):
            self.assertLess(int(first, 16), 1 << 32)
        total = re.search(r"Memory: \d+K/(\d+)K available", lines)
        self.assertLess(int(total.group(1)), 200 << 10)


class KexecLoad(Hotplug, unittest.TestCase):
    syscall = "kexec_load"


class KexecFileLoad(Hotplug, unittest.TestCase):
    syscall = "kexec_file_load"


if __name__ == "__main__":
    cycle.main()
