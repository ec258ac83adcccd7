#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumps of a kernel that runs on: its own /proc/kcore, saved by makedumpfile-lite inside the guest, and QEMU's
dump-guest-memory in each of its formats, all of one halted moment. What they hold is compared page by page, and
filtered dumps of them with makedumpfile's; drgn opens the dumps when the kernel's debug package is here."""
import threading
import time
import unittest

import cycle
import fetch_kernel
import kdumpfile
from disk import Disk
from kdump_reader import ElfCore, KdumpFile
from qmp import Qmp
from test_raw import pages, run

place = None
LIVE = """
insmod /modules/qemu_fw_cfg.ko
mkdir -p /mnt/crash
run live makedumpfile-lite -d 31 -z --summary /mnt/crash/live.json /proc/kcore /mnt/crash/live
run all makedumpfile-lite -d 1 -l --summary /mnt/crash/all.json /proc/kcore /mnt/crash/all
run log makedumpfile-lite --dump-dmesg /proc/kcore /mnt/crash/log
run iomem grep -i "system ram" /proc/iomem
run rodata grep -i "kernel rodata" /proc/iomem
sync
say ready for qemu
sleep 1000
"""
QEMU_FORMATS = {"elf": {"paging": False}, "paging": {"paging": True}, "zlib": {"paging": False, "format": "kdump-zlib"},
                "lzo": {"paging": False, "format": "kdump-lzo"}, "snappy": {"paging": False, "format": "kdump-snappy"}}


def dump_from_outside(guest, socket, folder, failed):
    """Once the guest is ready: halt it, dump it in every format that this QEMU was built with, end QEMU."""
    qmp = Qmp(socket)
    try:
        known = qmp.command("query-dump-guest-memory-capability")["formats"]
        while not any("guest: ready for qemu" in line for _, line in guest.lines):
            time.sleep(0.2)
        qmp.command("stop")
        for name, arguments in QEMU_FORMATS.items():
            (folder / f"qemu-{name}").unlink(missing_ok=True)
            if arguments.get("format", "elf") in known:
                qmp.command("dump-guest-memory", protocol=f"file:{folder}/qemu-{name}", **arguments)
    except (OSError, RuntimeError) as error:
        failed.append(error)
    qmp.command("quit")
    qmp.socket.close()


class Live(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.disk = Disk(place.work / "live.img", 1100)
        socket = place.work / "qmp.sock"
        socket.unlink(missing_ok=True)
        qemu = ["-qmp", f"unix:{socket},server=on,wait=off", "-device", "vmcoreinfo"]
        driver = {"modules/qemu_fw_cfg.ko": place.kernel.module("qemu_fw_cfg")}
        cls.guest = place.guest("live", cycle.WORKLOAD + LIVE, disks=[cls.disk], files=driver, memory=768, qemu=qemu,
                                programs=("makedumpfile-lite",))
        failed = []
        outside = threading.Thread(target=dump_from_outside, args=(cls.guest, socket, place.work, failed), daemon=True)
        outside.start()
        cls.guest.run()
        outside.join(10)
        if failed:
            raise failed[0]
        cls.folder = cls.disk.read_back()
        found = {name: place.work / f"qemu-{name}" for name in QEMU_FORMATS}
        cls.qemu = {name: path for name, path in found.items() if path.exists()}
        # What every QEMU has; lzo and snappy are choices of its build.
        assert {"elf", "paging", "zlib"} <= set(cls.qemu), sorted(cls.qemu)
        cls.core = ElfCore(cls.qemu["elf"])

    def lite(self, source, name, *arguments, code=0):
        """Our dump of `source`, and what was said about it."""
        path = place.work / name
        done = run(place.program("makedumpfile-lite"), "-f", *arguments, "--summary", f"{path}.json", source, path)
        self.assertEqual(done.returncode, code, done.stderr)
        return KdumpFile(path), done.stderr, cycle.read_json(path.with_name(name + ".json"))

    def core_pages(self):
        return sum(size for _, size, _, _ in self.core.loads) // 4096

    def test_live_dump(self):
        for name in ("live", "all", "log"):
            self.assertEqual(self.guest.result(name)[0], 0, self.guest.result(name)[1])
        summary = cycle.read_json(self.folder / "live.json")
        self.assertIs(summary["complete"], True)
        self.assertEqual((summary["source"]["format"], summary["source"]["live"]), ("kcore", True))
        self.assertTrue(any("changes while it is read" in text for text in summary["warnings"]), summary["warnings"])
        self.assertIn("changes while it is read", self.guest.result("live")[1])
        # All that the kernel calls RAM, rounded to pages.
        ram = 0
        for line in self.guest.result("iomem")[1].splitlines():
            begin, end = (int(number, 16) for number in line.split(" : ")[0].strip().split("-"))
            ram += max(0, ((end + 1) >> 12) - ((begin + 4095) >> 12))
        everything = cycle.read_json(self.folder / "all.json")
        self.assertLess(abs(everything["pages"]["total"] - ram), 256)
        # Most of what is kept is the empty reservation: filled with zero.
        self.assertLess(summary["pages"]["written"], everything["pages"]["written"] // 2)

    def test_live_dump_opens(self):
        context = kdumpfile.kdumpfile(str(self.folder / "live"))
        context.attr["addrxlat.ostype"] = "linux"
        self.assertEqual(context.attr["linux.uts.release"], place.kernel.release)
        name = int(context.attr["linux.vmcoreinfo.SYMBOL.init_uts_ns"])
        self.assertIn(place.kernel.release.encode(), bytes(context.read(kdumpfile.KDUMP_KVADDR, name, 512)))
        self.assertIn("guest: marker one two three", (self.folder / "log").read_text(errors="replace"))

    def test_live_pages_against_qemu(self):
        """What nobody may write is the same in the QEMU dump a moment later: the kernel's read-only data. Of the rest
        nothing is certain: even text is patched while the kernel runs (static keys)."""
        live = KdumpFile(self.folder / "all")
        begin, end = (int(number, 16) for number in
                      self.guest.result("rodata")[1].split(" : ")[0].strip().split("-"))
        rodata = range((begin + 4095) >> 12, (end + 1) >> 12)
        self.assertGreater(len(rodata), 500)
        self.assertEqual([pfn for pfn in rodata if live.page(pfn) != self.core.page(pfn)], [])

    def test_drgn_opens_the_live_dump(self):
        fetch_kernel.fetch(place.kernel_name, debug=True)
        debug = fetch_kernel.KERNELS / place.kernel_name / "debug/usr/lib/debug/boot"
        import drgn
        from drgn.helpers.linux.pid import for_each_task
        for path in (self.folder / "live", place.work / "from-zlib"):
            if path.name == "from-zlib":
                self.lite(self.qemu["zlib"], "from-zlib", "-d", "31", "-z")
            program = drgn.Program()
            program.set_core_dump(str(path))
            program.load_debug_info([str(next(debug.glob("vmlinux-*")))])
            self.assertEqual(program["init_uts_ns"].name.release.string_().decode(), place.kernel.release)
            tasks = [task.comm.string_().decode(errors="replace") for task in for_each_task(program)]
            self.assertEqual(tasks.count("vm-workload"), 5, path)
            self.assertIn("kthreadd", tasks)

    def test_qemu_formats_agree(self):
        """All memory out of each format is the same, page by page, as in QEMU's plain ELF file."""
        for name in self.qemu:
            dump, said, summary = self.lite(self.qemu[name], f"whole-{name}", "-d", "0", "-l")
            with self.subTest(name=name):
                self.assertEqual(summary["source"]["flattened"], name in ("zlib", "lzo", "snappy"))
                self.assertEqual(summary["kernel_release"], place.kernel.release, said)
                self.assertGreater(dump.count(), 500 * 256)
                wrong = [pfn for pfn in dump.pfns() if dump.page(pfn) != self.core.page(pfn)]
                self.assertEqual(wrong[:5], [])
                if name != "paging":  # that one has only what the guest's page tables map
                    self.assertEqual(dump.count(), self.core_pages())

    def test_qemu_dumps_filter_right(self):
        reference = place.work / "makedumpfile-31"
        reference.unlink(missing_ok=True)
        # makedumpfile 1.7.2 does not open QEMU 7.2's ELF files (e_ehsize is 8): it gets ours of the same memory.
        done = run(place.program("makedumpfile-lite"), "-f", "-E", "-d", "0", self.qemu["elf"],
                   place.work / "for-makedumpfile")
        self.assertEqual(done.returncode, 0, done.stderr)
        done = run("makedumpfile", "-l", "-d", "31", place.work / "for-makedumpfile", reference)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        theirs = KdumpFile(reference)
        for name in set(self.qemu) - {"paging"}:
            dump, said, _ = self.lite(self.qemu[name], f"filtered-{name}", "-d", "31", "-z",
                                      "--exclude-per-cpu-free", "off")
            self.assertEqual(len(pages(theirs.kept & ~dump.kept)), 0, f"{name}: {said}")
            # Memory of the graphics card and the firmware has no struct pages: we keep it, makedumpfile does not.
            ram = (1 << 0xfd000) - 1
            self.assertEqual(len(pages(dump.kept & ~theirs.kept & ram)), 0, f"{name}: {said}")


if __name__ == "__main__":
    cycle.main()
