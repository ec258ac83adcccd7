#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A real panic, captured: boot, load by each system call, sysrq panic, capture to ext4, and a hard look at what is on
the disk, with a reader of our own and with libkdumpfile."""
import re
import unittest

import cycle
from disk import Disk

import kdump_reader
import kdumpfile

place = None


class Panic:
    """The checks; below, a class for each system call boots the guest once."""
    syscall = None

    @classmethod
    def setUpClass(cls):
        cls.disk = Disk(place.work / f"{cls.syscall}.img", 512)
        cls.guest = place.panic(cls.syscall, cls.disk, cls.syscall)
        crash = cls.disk.read_back()
        if crash is None:
            raise AssertionError(f"no dump on the disk; console: {cls.guest.work}/console.txt")
        cls.folder = cycle.only_dump(crash)
        cls.summary = cycle.read_json(cls.folder / "summary.json")
        cls.dump = kdump_reader.KdumpFile(cls.folder / "vmcore")

    def test_loaded_by_the_syscall_asked_for(self):
        status, output = self.guest.result("load")
        self.assertEqual(status, 0, output)
        self.assertIn(f"loaded by {self.syscall}", output)

    def test_folder(self):
        self.assertRegex(self.folder.name, r"^\d{8}T\d{6}Z-vm-guest$")
        names = {path.name for path in self.folder.iterdir()}
        self.assertEqual(names, {"vmcore", "vmcore.manifest", "dmesg.txt", "summary.json", "capture.log"})

    def test_summary_tells_the_truth(self):
        summary = self.summary
        self.assertIs(summary["complete"], True)
        self.assertEqual(summary["state"], "finished")
        self.assertEqual(summary["kernel_release"], place.kernel.release)
        self.assertEqual(summary["host"], "vm-guest")
        self.assertIn("sysrq triggered crash", summary["panic_line"])
        self.assertEqual(summary["bytes"]["dump"], (self.folder / "vmcore").stat().st_size)
        for file in summary["files"]:
            if file["name"] not in ("summary.json", "capture.log"):
                self.assertEqual(file["bytes"], (self.folder / file["name"]).stat().st_size, file["name"])
        self.assertEqual([attempt["success"] for attempt in summary["attempts"]], [True])

    def test_page_counts(self):
        pages = self.summary["collector"]["pages"]
        memory = bin(self.dump.memory).count("1")
        self.assertEqual(pages["total"], memory)
        self.assertEqual(pages["kept"], self.dump.count())
        dropped = sum(pages[name] for name in ("cache", "cache_private", "user", "free", "offline", "hwpoison"))
        self.assertEqual(dropped, memory - self.dump.count())
        # The workload's own pages, less what the kernel may have kept elsewhere.
        self.assertGreaterEqual(pages["user"], 64 * 256)
        self.assertGreaterEqual(pages["cache"] + pages["cache_private"], 44 * 256)
        self.assertGreater(pages["free"], 10000)
        self.assertLess(self.dump.count(), memory // 4)
        self.assertEqual(pages["unclassified"], 0)

    def test_dmesg_is_what_the_console_printed(self):
        dmesg = set((self.folder / "dmesg.txt").read_text(errors="replace").splitlines())
        printed = self.guest.kernel_lines(0)
        self.assertGreater(len(printed), 200)
        # The console repeats the time on each line of a message of several lines, the log indents them.
        width = len("[    0.000000] ")
        strange = [line for line in printed if line not in dmesg and " " * width + line[width:] not in dmesg]
        self.assertEqual(strange, [])
        for marker in ("guest: marker one two three", "guest: about to panic", "sysrq: Trigger a crash",
                       "Kernel panic - not syncing: sysrq triggered crash", "Call Trace:"):
            self.assertTrue(any(marker in line for line in dmesg), marker)

    def test_capture_log_is_the_console(self):
        logged = [re.sub(r"^\[ *\d+\.\d+\] ", "", line)
                  for line in (self.folder / "capture.log").read_text().splitlines()]
        printed = self.guest.captured()
        self.assertGreater(len(logged), 5)
        self.assertEqual(logged, printed[:len(logged)])
        self.assertTrue(any(line.startswith("done after") for line in printed))

    def test_every_page_is_there(self):
        read = sum(1 for pfn in self.dump.pfns() if len(self.dump.page(pfn)) == 4096)
        self.assertEqual(read, self.dump.count())
        self.assertEqual(self.dump.status & kdump_reader.INCOMPLETE, 0)
        self.assertEqual(self.dump.dump_level, 31)

    def test_headers(self):
        self.assertEqual(self.dump.utsname["release"], place.kernel.release)
        self.assertEqual(self.dump.utsname["nodename"], "vm-guest")
        self.assertEqual(self.dump.utsname["machine"], "x86_64")
        self.assertIn(f"OSRELEASE={place.kernel.release}\n", self.dump.vmcoreinfo)
        self.assertIn(b"VMCOREINFO", self.dump.notes)
        self.assertIn(b"CORE", self.dump.notes)

    def test_filter_dropped_what_it_should(self):
        kinds = {b"KDUMPKIT-ANON-PAGE": 0, b"KDUMPKIT-FILE-PAGE": 0}
        uts = 0
        for pfn in self.dump.pfns():
            page = self.dump.page(pfn)
            for kind in kinds:
                kinds[kind] += page.startswith(kind)
            uts += place.kernel.release.encode() in page and b"vm-guest" in page
        self.assertEqual(kinds, dict.fromkeys(kinds, 0))
        self.assertGreater(uts, 0, "no kept page holds init_uts_ns")

    def test_the_reader_notices_damage(self):
        """What proves every page must be able to fail: a bit of damage, and the reader refuses the file or a page."""
        whole = (self.folder / "vmcore").read_bytes()
        descriptors = self.dump.descriptors
        damaged = {
            "signature": b"X" + whole[1:],
            "cut off": whole[:-1],
            "bitmap": whole[:descriptors - 4096] + b"\xff" * 4096 + whole[descriptors:],
            "flags": whole[:descriptors + 12] + b"\x40" + whole[descriptors + 13:],
            "size": whole[:descriptors + 8] + b"\x01\x20" + whole[descriptors + 10:],
        }
        for name, content in damaged.items():
            with self.subTest(damage=name):
                path = place.work / "damaged"
                path.write_bytes(content)
                with self.assertRaises(kdump_reader.FormatError):
                    dump = kdump_reader.KdumpFile(path)
                    for pfn in dump.pfns():
                        dump.page(pfn)

    def test_libkdumpfile_reads_the_same(self):
        context = kdumpfile.kdumpfile(str(self.folder / "vmcore"))
        context.attr["addrxlat.ostype"] = "linux"
        self.assertEqual(context.attr["linux.uts.release"], place.kernel.release)
        self.assertEqual(context.attr["cpu.number"], 2)
        for index, pfn in enumerate(self.dump.pfns()):
            if index % 7 == 0:
                page = context.read(kdumpfile.KDUMP_MACHPHYSADDR, pfn * 4096, 4096)
                self.assertEqual(bytes(page), self.dump.page(pfn), f"page {pfn:#x}")


class KexecLoad(Panic, unittest.TestCase):
    syscall = "kexec_load"


class KexecFileLoad(Panic, unittest.TestCase):
    syscall = "kexec_file_load"


if __name__ == "__main__":
    cycle.main()
