#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A panic captured by a vmlinux that was entered by its PVH entry, in 32-bit mode without paging. Only kernels that say
where they may lie for that can lie in a reservation (XEN_ELFNOTE_PHYS32_RELOC: 6.12 does, 6.1 does not); as kernels
for a reboot test_reboot.py has others, too."""
import json
import pathlib
import unittest

import cycle
import wrapped_kernel
from disk import Disk

import kdump_reader

place = None
SETTINGS = '[hooks]\npre = ["/etc/kdumpkit/loader"]\n'
HOOK = b"#!/usr/bin/busybox sh\necho entered by loader $(cat /proc/sys/kernel/bootloader_type)\n"
LOAD = "kdumpkit load --kernel /kernel --initrd /initrd --entry pvh"
SCRIPT = f"""
mount -t tmpfs none /tmp
run plan {LOAD} --plan
run json {LOAD} --plan --json
run bzimage kdumpkit load --kernel /bzimage --initrd /initrd --entry pvh
run file {LOAD} --syscall kexec_file_load
run loaded cat /sys/kernel/kexec_crash_loaded
run load {LOAD}
run again kdumpkit load --again
{cycle.PANIC}
"""


class Panic(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        altered = place.with_programs("root", {"usr/bin/busybox": pathlib.Path("/bin/busybox").read_bytes(),
                                               "etc/kdumpkit/loader": HOOK})
        cls.disk = Disk(place.work / "pvh.img", 256, bus="nvme")
        initrd = altered.build(place.work / "capture.img", cls.disk.target(), SETTINGS, modules="none")
        vmlinux = wrapped_kernel.vmlinux(place.work / "vmlinux", place.kernel.image)
        cls.guest = place.guest("panic", SCRIPT, initrd, disks=[cls.disk],
                                files={"kernel": vmlinux, "bzimage": place.kernel.image}).run()

    def test_the_plan_shows_entry_and_start_info(self):
        status, output = self.guest.result("plan")
        self.assertEqual(status, 0, output)
        self.assertRegex(output, r"then +0x[0-9a-f]+, the kernel's PVH entry\nstart info +0x[0-9a-f]+-0x[0-9a-f]+ ")
        plan = json.loads(self.guest.result("json")[1])
        self.assertEqual(plan["kernel_entry_kind"], "pvh")
        kernel, parameters = ({segment["name"]: segment for segment in plan["segments"]}[name]
                              for name in ("kernel", "bootparams"))
        self.assertTrue(kernel["begin"] <= plan["kernel_entry"] < kernel["end"] <= 1 << 30)
        self.assertEqual(plan["start_info"]["begin"], parameters["begin"])
        self.assertLessEqual(plan["start_info"]["end"], parameters["end"])

    def test_where_it_does_not_apply_it_is_refused_and_nothing_is_loaded(self):
        for name, status, says in (("bzimage", 2, "without a PVH entry"), ("file", 2, "does not take --entry pvh")):
            self.assertEqual(self.guest.result(name)[0], status, self.guest.result(name)[1])
            self.assertIn(says, self.guest.result(name)[1])
        self.assertEqual(self.guest.result("loaded")[1], "0")

    def test_the_capture_kernel_was_entered_by_pvh(self):
        for name in ("load", "again"):
            self.assertEqual(self.guest.result(name)[0], 0, self.guest.result(name)[1])
        # 0xb0: init_pvh_bootparams() in arch/x86/platform/pvh/enlighten.c.
        self.assertIn("entered by loader 176", "\n".join(self.guest.captured()))

    def test_the_panic_is_captured(self):
        folder = cycle.only_dump(self.disk.read_back())
        self.assertIs(cycle.read_json(folder / "summary.json")["complete"], True)
        self.assertEqual(kdump_reader.KdumpFile(folder / "vmcore").utsname["release"], place.kernel.release)
        self.assertIn("Kernel panic - not syncing: sysrq triggered crash", (folder / "dmesg.txt").read_text())


if __name__ == "__main__":
    cycle.main()
