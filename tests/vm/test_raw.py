#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A plain copy of the crashed memory (method = "copy") from a real panic, and on that one file: which pages
makedumpfile-lite keeps at each dump level against Debian's makedumpfile and against the pages that the workload marked;
the log against makedumpfile's; every byte of every kept page against the raw memory."""
import json
import re
import struct
import subprocess
import unittest

import cycle
from disk import Disk

import kdump_reader
import kdumpfile
from kdump_reader import ElfCore, KdumpFile

place = None
LEVELS = (0, 1, 2, 4, 8, 16, 17, 31)
COMPRESSIONS = ("zstd", "lzo", "snappy", "zlib", "none")
# Bits of page.flags of Linux 6.1: nothing that is on a per-CPU free list has one of them.
LRU, SLAB, RESERVED = 1 << 4, 1 << 9, 1 << 12
ERASE = """erase (struct uts_namespace)init_uts_ns.name.nodename
for task in (struct task_struct)init_task.tasks within task_struct:tasks
    erase task.comm
endfor
[virtio_blk]
erase major size 4
"""
COPY = '[dump]\nmethod = "copy"\n'


def run(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)


class Raw(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.disk = Disk(place.work / "raw.img", 1600)
        cls.guest = place.panic("copy", cls.disk, settings=COPY, memory=768)
        crash = cls.disk.read_back()
        if crash is None:
            raise AssertionError(f"no dump on the disk; console: {cls.guest.work}/console.txt")
        cls.folder = cycle.only_dump(crash)
        cls.vmcore = cls.folder / "vmcore"
        cls.core = ElfCore(cls.vmcore)
        cls.anon = cls.core.find(b"KDUMPKIT-ANON-PAGE")
        cls.file = cls.core.find(b"KDUMPKIT-FILE-PAGE")
        cls.dumps = {}
        cls.context = kdumpfile.kdumpfile(str(cls.vmcore))
        cls.context.attr["addrxlat.ostype"] = "linux"
        # The memory map: section 0 of the first root, its low bits are flags (SPARSEMEM_VMEMMAP).
        roots = int(cls.context.attr["linux.vmcoreinfo.SYMBOL.mem_section"])
        root = struct.unpack("<Q", cls.context.read(kdumpfile.KDUMP_KVADDR, roots, 8))[0]
        cls.memory_map = struct.unpack("<Q", cls.context.read(kdumpfile.KDUMP_KVADDR, root, 8))[0] & ~0x1f

    def dump(self, level, compression="lzo"):
        """Our dump of the raw vmcore."""
        key = (level, compression)
        if key not in self.dumps:
            path = place.work / f"lite-{level}-{compression}"
            path.unlink(missing_ok=True)
            done = run(place.program("makedumpfile-lite"), "-d", level, "--compress", compression, "--summary",
                       f"{path}.json", self.vmcore, path)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.dumps[key] = KdumpFile(path)
        return self.dumps[key]

    def reference(self, level):
        """makedumpfile's dump of it."""
        path = place.work / f"makedumpfile-{level}"
        path.unlink(missing_ok=True)
        done = run("makedumpfile", "-l", "-d", level, self.vmcore, path)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return KdumpFile(path)

    def test_copy_is_whole(self):
        summary = cycle.read_json(self.folder / "summary.json")
        self.assertIs(summary["complete"], True)
        self.assertEqual(summary["attempts"][0]["method"], "copy")
        self.assertEqual(summary["bytes"]["dump"], self.vmcore.stat().st_size)
        # The kernel's image is there twice, and is counted once.
        image = next(size for _, size, _, virtual in self.core.loads if virtual >= 0xffffffff80000000)
        self.assertEqual(summary["bytes"]["memory"], sum(size for _, size, _, _ in self.core.loads) - image)
        # All that the workload made: 64 MiB anonymous, 24 + 8 + 12 MiB of file pages.
        self.assertGreaterEqual(len(self.anon), 64 * 256)
        self.assertGreaterEqual(len(self.file), 44 * 256)

    def test_levels_against_makedumpfile(self):
        for level in LEVELS:
            with self.subTest(level=level):
                ours, theirs = self.dump(level), self.reference(level)
                # A page that the image holds only in part (the end of low memory) is a matter of taste.
                partial = {pfn for pfn in pages(ours.memory ^ theirs.memory) if self.core.page(pfn) is None}
                self.assertLess(len(partial), 3)
                self.assertEqual(set(pages(ours.memory ^ theirs.memory)), partial)
                more = sorted(set(pages(ours.kept & ~theirs.kept)) - partial)
                less = sorted(set(pages(theirs.kept & ~ours.kept)) - partial)
                self.assertEqual(more, [], f"{len(more)} pages are kept that makedumpfile drops")
                if level & 16:
                    # makedumpfile keeps the per-CPU lists of free pages; we walk them. Nothing else may differ.
                    self.assertLess(len(less), 4000)
                    self.assertEqual([pfn for pfn in less if not self.is_free(pfn)], [])
                else:
                    self.assertEqual(less, [], f"{len(less)} pages are dropped that makedumpfile keeps")
                self.assertGreater(ours.count(), 0)

    def is_free(self, pfn):
        """By its struct page, found by libkdumpfile: nobody holds or maps it, and it is on a list or belongs to a block
        (of an order that the per-CPU lists have) whose first page is."""
        return self.is_unused(pfn) and any(self.is_listed(pfn >> order << order) for order in (0, 1, 2, 3, 9))

    def is_unused(self, pfn):
        flags, _, _, mapping = struct.unpack("<QQQQ", self.read(self.memory_map + pfn * 64, 32))
        count = struct.unpack("<i", self.read(self.memory_map + pfn * 64 + 52, 4))[0]
        return count == 0 and mapping == 0 and flags & (LRU | SLAB | RESERVED) == 0

    def is_listed(self, pfn):
        link = self.memory_map + pfn * 64 + 8
        after = struct.unpack("<Q", self.read(link, 8))[0]
        # A kernel address; a page that was taken off its list has 0xdead... there, or zero.
        if not self.is_unused(pfn) or after >> 56 != 0xff:
            return False
        return struct.unpack("<Q", self.read(after + 8, 8))[0] == link

    def read(self, address, size):
        return bytes(self.context.read(kdumpfile.KDUMP_KVADDR, address, size))

    def test_levels_against_the_marks(self):
        everything, user, cache = self.dump(0), self.dump(8), self.dump(2)
        for pfn in self.anon | self.file:
            self.assertTrue(everything.has(pfn))
        self.assertEqual([pfn for pfn in self.anon if user.has(pfn)], [])
        self.assertEqual([pfn for pfn in self.anon if not cache.has(pfn)], [])
        self.assertEqual([pfn for pfn in self.file if cache.has(pfn) and not self.in_private_cache(pfn)], [])
        self.assertEqual([pfn for pfn in self.file if not user.has(pfn)], [])

    def in_private_cache(self, pfn):
        """ext4 may hang buffer heads on a page; then bit 4 decides, not bit 2."""
        return not self.dump(4).has(pfn)

    def test_every_byte(self):
        for compression in COMPRESSIONS:
            dump = self.dump(31, compression)
            wrong = [pfn for pfn in dump.pfns() if dump.page(pfn) != (self.core.page(pfn) or dump.page(pfn))]
            self.assertEqual(wrong, [], compression)
            used = {dump.descriptor(pfn)[2] for pfn in dump.pfns()}
            expected = {name: flag for flag, name in kdump_reader.NAMES.items()}[compression]
            self.assertTrue(used <= {0, expected}, used)
            self.assertIn(expected, used)

    def test_files_of_makedumpfile_are_read(self):
        """What makedumpfile wrote of the vmcore, in each of its formats, read by us: every page as in the vmcore."""
        reference = self.reference(31)
        for name, options in (("zlib", ["-c"]), ("lzo", ["-l"]), ("plain", []), ("flat", ["-l", "-F"]),
                              ("elf", ["-E"]), ("flat-elf", ["-E", "-F"])):
            with self.subTest(name=name):
                theirs, ours = place.work / f"theirs-{name}", place.work / f"again-{name}"
                for path in (theirs, ours):
                    path.unlink(missing_ok=True)
                if "-F" in options:
                    with open(theirs, "wb") as file:
                        done = subprocess.run(["makedumpfile", *options, "-d", "31", self.vmcore], stdout=file,
                                              stderr=subprocess.PIPE, check=False)
                else:
                    done = run("makedumpfile", *options, "-d", "31", self.vmcore, theirs)
                self.assertEqual(done.returncode, 0, done.stderr)
                done = run(place.program("makedumpfile-lite"), "-d", "0", "-z", theirs, ours)
                self.assertEqual(done.returncode, 0, done.stderr)
                dump = KdumpFile(ours)
                if "-E" in options:
                    # Without pages filled with zero, but with what lies in gaps that are not worth a segment.
                    missing = [pfn for pfn in set(reference.pfns()) - set(dump.pfns())
                               if reference.page(pfn) != bytes(4096)]
                    self.assertEqual(len(missing), 0)
                else:
                    self.assertEqual((dump.kept, dump.memory), (reference.kept, reference.memory))
                wrong = [pfn for pfn in dump.pfns() if dump.page(pfn) != (self.core.page(pfn) or dump.page(pfn))]
                self.assertEqual(wrong, [])
                checked = run(place.program("makedumpfile-lite"), "verify", theirs)
                self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def test_zero_pages(self):
        dump = self.dump(31)
        zero = [pfn for pfn in dump.pfns() if dump.page(pfn) == bytes(4096)]
        self.assertGreater(len(zero), 10)
        self.assertEqual(len({dump.descriptor(pfn)[0] for pfn in zero}), 1, "zero pages share one block")

    def test_dmesg(self):
        ours, theirs = place.work / "dmesg.ours", place.work / "dmesg.theirs"
        for path in (ours, theirs):
            path.unlink(missing_ok=True)
        self.assertEqual(run(place.program("makedumpfile-lite"), "--dump-dmesg", self.vmcore, ours).returncode, 0)
        self.assertEqual(run("makedumpfile", "--dump-dmesg", self.vmcore, theirs).returncode, 0)
        self.assertEqual(ours.read_text(errors="replace").splitlines(), theirs.read_text(errors="replace").splitlines())
        self.assertEqual(ours.read_bytes(), (self.folder / "dmesg.txt").read_bytes())

    def test_memory_usage(self):
        done = run(place.program("makedumpfile-lite"), "--mem-usage", "--json", self.vmcore)
        self.assertEqual(done.returncode, 0, done.stderr)
        levels = {one["level"]: one["pages"] for one in json.loads(done.stdout)["levels"]}
        for level in (0, 2, 8, 16):
            self.assertEqual(levels[level], self.dump(level).count(), level)
        zero = sum(1 for pfn in self.dump(31).pfns() if self.dump(31).page(pfn) == bytes(4096))
        self.assertEqual(levels[31], self.dump(31).count() - zero)

    def test_erase(self):
        config, path = place.work / "erase.conf", place.work / "erased"
        config.write_text(ERASE)
        path.unlink(missing_ok=True)
        done = run(place.program("makedumpfile-lite"), "-d", "31", "-l", "--config", config, "--message-level", "6",
                   self.vmcore, path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("warning", done.stderr)
        before, after = self.dump(31), KdumpFile(path)
        self.assertEqual(before.kept, after.kept)
        changed = 0
        for pfn in before.pfns():
            old, new = before.page(pfn), after.page(pfn)
            for was, now in zip(old, new) if old != new else ():
                if was != now:
                    changed += 1
                    self.assertEqual(now, ord("X"))
        # The report in the dump tells how much; a byte that was an X before is no change.
        report = path.read_bytes()[:1 << 20]
        places = {name: int(count) for name, count in
                  re.findall(rb"erase (\S.*) (\d+) bytes in \d+ place", report)}
        self.assertEqual(places[b"(struct uts_namespace)init_uts_ns.name.nodename"], 65)
        self.assertGreater(places[b"task.comm"], 16 * 50)
        self.assertEqual(places[b"major"], 4)
        self.assertLessEqual(abs(sum(places.values()) - changed), 8)
        context = kdumpfile.kdumpfile(str(path))
        context.attr["addrxlat.ostype"] = "linux"
        name = int(context.attr["linux.vmcoreinfo.SYMBOL.init_uts_ns"]) + int(
            context.attr["linux.vmcoreinfo.OFFSET.uts_namespace.name"]) + 65
        self.assertEqual(bytes(context.read(kdumpfile.KDUMP_KVADDR, name, 66)), b"X" * 65 + b"6")

    def test_self_check(self):
        """With the real layout every class agrees with the kernel's counters."""
        self.dump(31)
        checks = cycle.read_json(place.work / "lite-31-lzo.json")["self_check"]
        self.assertIs(checks["failed"], False, checks)
        self.assertEqual(set(checks["checks"]), {"free", "per_cpu_free", "cache", "user", "hugetlb", "slab"})
        for name, check in checks["checks"].items():
            self.assertEqual(check["verdict"], "passed", name)
            if name != "hugetlb":  # this guest has no huge pages: test_pages has
                self.assertGreater(check["found"], 100, name)
            self.assertLessEqual(check["tolerance"], 4096, name)

    def test_layout_file(self):
        """The same dump with the layout from a file as with the one found in the image; a wrong one is refused."""
        layout, wrong, dump = (place.work / name for name in ("layout", "layout.wrong", "lite-layout"))
        program = place.program("makedumpfile-lite")
        done = run(program, "-f", "--write-layout", layout, self.vmcore)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.dump(31)
        done = run(program, "-D", "-f", "-l", "-d", 31, "--layout", layout, self.vmcore, dump)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(dump.read_bytes(), (place.work / "lite-31-lzo").read_bytes())
        self.assertGreater(done.stderr.count(": layout file\n"), 20)
        self.assertEqual(done.stderr.count(": BTF and kallsyms in the image\n"), 0)
        wrong.write_text(layout.read_text().replace("BUILD-ID=", "BUILD-ID=0"))
        done = run(program, "-f", "-l", "-d", 31, "--layout", wrong, self.vmcore, dump)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("another build", done.stderr)
        self.assertEqual(dump.read_bytes(), (place.work / "lite-31-lzo").read_bytes())

    def test_a_note_for_each_cpu(self):
        self.assertEqual(self.dump(31).cpus, 2)


def pages(bits):
    """The numbers of the set bits."""
    found, base = [], 0
    for byte in bits.to_bytes((bits.bit_length() + 7) // 8, "little"):
        found += [base + bit for bit in range(8) if byte >> bit & 1]
        base += 8
    return found


if __name__ == "__main__":
    cycle.main(kept=("raw.out",))  # for test_output.py
