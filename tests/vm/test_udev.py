#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A kernel that does not keep the core header up to date by itself (6.1), with systemd and udevd: the udev rule loads
again after CPUs and memory came and went, once for many events, and the dump has the memory that was plugged in after
the load."""
import pathlib
import threading
import unittest

import cycle
import fetch_kernel
import test_hotplug
import test_systemd
from disk import Disk

import kdump_reader

place = None
PACKAGING = fetch_kernel.TOP / "packaging"
UDEV_UNITS = ("systemd-udevd.service", "systemd-udevd-control.socket", "systemd-udevd-kernel.socket", "sockets.target",
              "timers.target")
FIRST = test_systemd.FIRST.replace("Wants=sleeper.service work.service",
                                   "Wants=systemd-udevd.service work.service")
WORK = test_systemd.PATH + """
run hotplug cat /sys/devices/system/cpu/crash_hotplug
# CPUs and memory that have been there since the boot, before anything is loaded.
udevadm trigger --action=add --subsystem-match=cpu --settle
say nothing was loaded yet
run load kdumpkit load --kernel /kernel --initrd /initrd --syscall kexec_load
echo online >/sys/devices/system/memory/auto_online_blocks
say the burst begins
# Apart enough that each is done with before the next comes.
for i in 1 2 3; do
    echo 0 >/sys/devices/system/cpu/cpu1/online
    usleep 1500000
    echo 1 >/sys/devices/system/cpu/cpu1/online
    usleep 1500000
done
udevadm settle
say the burst is over
loads() { dmesg | grep -c "Finished kdumpkit-load-again.service"; }
until [ "$(loads)" -ge 1 ]; do usleep 500000; done
# Longer than the timer's wait.
sleep 6
say plug the memory now
until [ "$(loads)" -ge 2 ]; do usleep 500000; done
sleep 6
run status kdumpkit status
""" + cycle.PANIC


class Udev(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.disk = Disk(place.work / "disk.img", 256, bus="nvme")
        initrd = place.build(place.work / "capture.img", cls.disk.target(), modules="none")
        path = place.work / "udev.qmp"
        path.unlink(missing_ok=True)
        parts = test_systemd.system(place.work / "work.sh", WORK, UDEV_UNITS)
        parts.update({"lib/systemd/systemd-udevd": "/bin/udevadm", "usr/bin/systemctl": "/bin/systemctl"})
        for name in ("kdumpkit-load-again.timer", "kdumpkit-load-again.service"):
            parts[f"lib/systemd/system/{name}"] = PACKAGING / name
        parts["lib/udev/rules.d/98-kdumpkit-hotplug.rules"] = PACKAGING / "98-kdumpkit-hotplug.rules"
        cls.guest = place.guest("udev", FIRST, initrd, disks=[cls.disk], memory="1024,slots=2,maxmem=2G",
                                files=parts, programs=[*test_systemd.PROGRAMS, "/bin/udevadm"],
                                qemu=("-qmp", f"unix:{path},server=on,wait=off"))
        threading.Thread(target=test_hotplug.plug, args=(cls.guest, path), daemon=True).start()
        cls.guest.run()

    def between(self, first, last):
        text = self.guest.text()
        return text[text.index(first):text.index(last)]

    def test_the_rule_is_needed_here(self):
        self.assertNotEqual(self.guest.result("hotplug"), (0, "1"))
        self.assertEqual(self.guest.result("load")[0], 0, self.guest.result("load")[1])

    def test_nothing_is_loaded_where_nothing_was(self):
        self.assertNotIn("kdumpkit-load-again", self.between("systemd starts", "nothing was loaded yet"))

    def test_many_events_make_one_load(self):
        burst = self.between("the burst begins", "plug the memory now")
        self.assertEqual(burst.count("Finished kdumpkit-load-again.service"), 1, burst)
        self.assertNotRegex(burst, "kdumpkit-load-again.*Failed with|Failed to start kdumpkit")

    def test_the_dump_has_the_memory_that_was_plugged_in(self):
        self.assertRegex(self.guest.result("status")[1], r"armed: +yes")
        folder = cycle.only_dump(self.disk.read_back())
        self.assertIs(cycle.read_json(folder / "summary.json")["complete"], True)
        dump = kdump_reader.KdumpFile(folder / "vmcore")
        self.assertEqual(bin(dump.memory >> (1 << 20)).count("1"), test_hotplug.DIMM >> 12)


if __name__ == "__main__":
    cycle.main()
