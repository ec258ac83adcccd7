#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""One kernel (--kernel), panicked by page_guest: which pages makedumpfile-lite keeps of its raw memory. Page by page
against /proc/kpageflags, read an instant before the panic; where a page changed after that, against its struct page in
the raw memory, read by oracle/crashed_kernel; against makedumpfile where a version is right for that kernel; and
against the marks that the workload wrote. With KDUMPKIT_LEVELS=all every dump level. What differs and why is written to
differences.txt."""
import collections
import os
import re
import subprocess
import unittest

import cycle
import newer_makedumpfile
import page_guest

import kdumpfile
from crashed_kernel import CrashedKernel
from kdump_reader import ElfCore, KdumpFile
from kpageflags import BITS, PageFlags, names_of, pages

place = None
LEVELS = (1, 2, 4, 8, 16, 31)
# Debian 12's own makedumpfile keeps and drops the right pages of these kernels, sid's 1.7.8 of those. From 7.1 (where
# page.compound_head became compound_info) no packaged one does.
OWN, NEWER = ("cloud-5.10", "cloud-6.1"), ("cloud-6.12", "cloud-6.18", "cloud-7.0")
# Between the flags and the panic: the snapshot's own file system buffers, and what the other processor does.
MOST_CHANGED, MOST_DRAINED = 1500, 20000
INDENT = " " * len("[    0.000000] ")
# What the workload has marked, and where it belongs.
MARKS = {"ANON": "user", "THP": "user", "LOCKED": "user", "MERGED": "user", "PAGED": "user", "COW": "user",
         "HUGETLB": "user", "SHARED": "cache", "FILE": "cache", "DIRTY": "cache"}


def run(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = page_guest.run(place)
        cls.vmcore = cls.folder / "vmcore"
        cls.core = ElfCore(cls.vmcore)
        cls.before = PageFlags((cls.folder / "kpageflags").read_bytes())
        cls.kernel = CrashedKernel(cls.folder)
        cls.after = PageFlags(cls.kernel.all_kpageflags(len(cls.before.flags)))
        cls.changed = 0
        for pfn, (before, after) in enumerate(zip(cls.before.kinds, cls.after.kinds)):
            if before != after:
                cls.changed |= 1 << pfn
        cls.blocks, cls.counted = cls.kernel.per_cpu_free()
        cls.per_cpu = 0
        for pfn, order in cls.blocks.items():
            cls.per_cpu |= (1 << (1 << order)) - 1 << pfn
        cls.dumps = {}
        cls.report = open(place.work / "differences.txt", "w", encoding="utf-8")
        cls.addClassCleanup(cls.report.close)
        cls.all_levels = place.kernel_name == "cloud-6.1" or os.environ.get("KDUMPKIT_LEVELS") == "all"

    def levels(self):
        return range(32) if self.all_levels else LEVELS

    def say(self, *words):
        print(*words, file=self.report, flush=True)

    def dump(self, level, per_cpu="on"):
        key = (level, per_cpu)
        if key not in self.dumps:
            path = place.work / "lite.dump"
            path.unlink(missing_ok=True)
            done = run(place.program("makedumpfile-lite"), "-d", level, "--compress", "lzo", "--exclude-per-cpu-free",
                       per_cpu, "--summary", place.work / "lite.json", self.vmcore, path)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotIn("warning", done.stderr)
            self.dumps[key] = KdumpFile(path)
        return self.dumps[key]

    def examples(self, bits):
        """The first pages of a set that should be empty, with all that is known of them."""
        return "\n".join(f"{pfn:#x}: {names_of(self.before.flags[pfn])}, at the panic "
                         f"{names_of(self.after.flags[pfn])}, struct page "
                         f"{[hex(word) for word in self.kernel.raw.get(pfn, ())]}"
                         for pfn in pages(bits)[:8])

    def test_the_guest_had_every_kind_of_page(self):
        """Otherwise the rest proves little."""
        counts = collections.Counter(name for flags in self.before.flags for name, bit in BITS.items() if flags & bit)
        self.say("flags", dict(counts))
        least = {"huge": 12 * 512, "thp": 8 * 512, "ksm": 256, "swapcache": 1000, "unevictable": 1500, "dirty": 1000,
                 "private": 100, "slab": 1000, "buddy": 20000, "reserved": 1000, "mmap": 5000, "pgtable": 100}
        self.assertEqual({name: counts[name] for name, count in least.items() if counts[name] < count}, {})
        self.assertGreater(bin(self.per_cpu).count("1"), 50)
        text = (self.folder / "log").read_text(errors="replace")
        optimised = re.search(r"huge pages: 12, optimised: (\d*)", text)
        self.assertTrue(optimised, "no huge pages")
        # Where a tail links to its head by a pointer, the head's own page of struct pages is mapped again and again.
        if optimised.group(1) and self.kernel.btf.offset("page", "compound_info") is None:
            self.assertEqual(len(self.repeated_heads()), 8, "not every huge page gave its struct pages back")
        if "soft-offlin" in text or "Memory failure" in text:
            self.assertEqual(bin(self.before.sets["hwpoison"]).count("1"), 1)
        large = collections.Counter(self.folio_orders())
        self.say("cache folios by order", dict(sorted(large.items())))

    def repeated_heads(self):
        # Some kernels flag the repeated ones as heads too.
        heads = [pfn for pfn in range(0, len(self.before.flags), 512) if self.before.flags[pfn] & BITS["huge"]]
        return [pfn for pfn in heads if self.kernel.raw[pfn + 64] == self.kernel.raw[pfn]]

    def folio_orders(self):
        """The order of every compound page of the page cache."""
        head = None
        for pfn, flags in enumerate([*self.before.flags, 0]):
            if flags & BITS["tail"]:
                continue
            if head is not None:
                yield (pfn - head).bit_length() - 1
            kind = self.before.kinds[pfn] if pfn < len(self.before.kinds) else "hole"
            head = pfn if flags & BITS["head"] and kind.startswith("cache") else None

    def test_little_changed_after_the_flags_were_saved(self):
        table = collections.Counter((self.before.kinds[pfn], self.after.kinds[pfn], names_of(self.before.flags[pfn]),
                                     names_of(self.after.flags[pfn])) for pfn in pages(self.changed))
        for (before, after, was, became), count in table.most_common():
            self.say(f"changed: {count:5} {before} ({was}) -> {after} ({became})")
        # The kernel moves whole batches from per-CPU lists, which have no flag, to the buddy allocator.
        drained = sum(count for (_, after, was, _), count in table.items() if was == "none" and after == "free")
        self.assertLess(sum(table.values()) - drained, MOST_CHANGED)
        self.assertLess(drained, MOST_DRAINED)

    def test_levels_against_the_kernel(self):
        for level in self.levels():
            with self.subTest(level=level):
                dump = self.dump(level)
                per_cpu = self.per_cpu if level & 16 else 0
                for name, flags, trusted in (("kpageflags", self.before, ~(self.changed | per_cpu)),
                                             ("struct pages", self.after, -1)):
                    expected = flags.dropped(level) | (per_cpu if flags is self.after else 0)
                    more = dump.memory & dump.kept & expected & trusted
                    less = dump.memory & ~dump.kept & ~expected & trusted
                    self.assertEqual(more, 0, f"{name}: kept, and should not be:\n{self.examples(more)}")
                    self.assertEqual(less, 0, f"{name}: dropped, and should not be:\n{self.examples(less)}")
                self.say(f"level {level}: kept {dump.count()}; kpageflags say otherwise of "
                         f"{bin(dump.memory & (~dump.kept ^ self.before.dropped(level))).count('1')} pages, of these "
                         f"{bin(dump.memory & per_cpu).count('1')} on per-CPU free lists")
        self.assertEqual(self.dump(1).kept, self.dump(1).memory)

    def test_self_check(self):
        """Every class, that of hugetlb too, agrees with the kernel's own counters."""
        self.dumps.pop((31, "on"), None)  # made anew: the summary must be of that one
        self.dump(31)
        checks = cycle.read_json(place.work / "lite.json")["self_check"]["checks"]
        self.assertEqual({name: check for name, check in checks.items() if check["verdict"] != "passed"}, {})
        self.assertEqual((checks["hugetlb"]["found"], checks["hugetlb"]["expected"]), (12 * 512, [12 * 512] * 2))

    def test_per_cpu_lists(self):
        """Our walk of them found what their own counters say, and level 16 without them keeps just these pages more."""
        self.say(f"per-CPU free lists: {len(self.blocks)} blocks, {bin(self.per_cpu).count('1')} pages, "
                 f"counters {self.counted}")
        self.assertEqual(bin(self.per_cpu).count("1"), self.counted)
        self.assertEqual(self.dump(16, "off").kept & ~self.dump(16).kept, self.per_cpu & self.dump(16).memory)
        self.assertEqual(self.dump(16).kept & ~self.dump(16, "off").kept, 0)

    def test_levels_against_makedumpfile(self):
        if place.kernel_name in OWN:
            command = ["makedumpfile"]
        elif place.kernel_name in NEWER:
            command = newer_makedumpfile.fetch()
        else:
            return  # none is right for this kernel; test_levels_against_the_kernel stands alone
        for level in self.levels():
            with self.subTest(level=level):
                path = place.work / "makedumpfile.dump"
                path.unlink(missing_ok=True)
                done = run(*command, "-l", "-d", level, self.vmcore, path)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                theirs, ours = KdumpFile(path), self.dump(level, "off" if level & 16 else "on")
                # A page that the image holds only in part (the end of low memory) is a matter of taste.
                partial = sum(1 << pfn for pfn in pages(ours.memory ^ theirs.memory) if self.core.page(pfn) is None)
                self.assertEqual((ours.memory ^ theirs.memory) & ~partial, 0)
                self.assertLess(bin(partial).count("1"), 3)
                # At levels 0 and 1 we read no struct pages, and so cannot know of broken memory.
                broken = self.after.sets["hwpoison"] if level <= 1 else 0
                more = ours.kept & ~theirs.kept & ~partial & ~broken
                less = theirs.kept & ~ours.kept & ~partial
                self.say(f"level {level}: makedumpfile keeps {theirs.count()}, we {ours.count()} (per-CPU lists kept), "
                         f"{self.dump(level).count()} (dropped)")
                self.assertEqual(more, 0, f"kept, which makedumpfile drops:\n{self.examples(more)}")
                self.assertEqual(less, 0, f"dropped, which makedumpfile keeps:\n{self.examples(less)}")

    def test_marks(self):
        places = self.marked()
        self.assertEqual(set(places), set(MARKS))
        for name, kind in MARKS.items():
            # What was written and then freed still shows its mark: those whose struct page says otherwise are not ours.
            here = sum(1 << pfn for pfn in places[name])
            mine = here & (self.after.sets["cache"] | self.after.sets["cache_private"] if kind == "cache" else
                           self.after.sets["user"])
            self.say(f"marks: {name} {len(places[name])}, in use {bin(mine).count('1')}")
            self.assertGreater(bin(mine).count("1"), 256)
            level, other = (4, 8) if kind == "cache" else (8, 4)
            self.assertEqual(self.dump(level).kept & mine, 0, name)
            self.assertEqual(~self.dump(other).kept & mine, 0, name)

    def marked(self):
        """Mark -> the pages that begin with it."""
        found, beginning = collections.defaultdict(list), b"KDUMPKIT-"
        for pfn in pages(self.dump(1).memory):
            page = self.core.page(pfn)
            if page and page.startswith(beginning):
                name = page[len(beginning):64].split(b"-PAGE ")[0].decode()
                if name in MARKS:
                    found[name].append(pfn)
        return found

    def test_dmesg(self):
        ours = place.work / "dmesg.ours"
        ours.unlink(missing_ok=True)
        self.assertEqual(run(place.program("makedumpfile-lite"), "--dump-dmesg", self.vmcore, ours).returncode, 0)
        lines = ours.read_text(errors="replace").splitlines()
        self.assertEqual(ours.read_bytes(), (self.folder / "dmesg.txt").read_bytes())
        # All that the guest itself read, with the priorities taken off.
        saved = (self.folder / "log").read_bytes().rstrip(b"\0").decode(errors="replace")
        before = [re.sub(r"^<\d+>", "", line) for line in saved.splitlines()]
        self.assertGreater(len(before), 200)
        # The kernel gives each line of a message the time, a dump's log (as makedumpfile's) only the first.
        times = [None if line.startswith(INDENT) else line[:len(INDENT)] for line in lines]
        before = [line if time else INDENT + line[len(INDENT):] for time, line in zip(times, before)]
        self.assertEqual(lines[:len(before)], before)
        self.assertRegex(lines[0], r"Linux version " + re.escape(place.kernel.release))
        self.assertRegex("\n".join(lines[len(before):]), r"Kernel panic - not syncing: sysrq triggered crash")
        if place.kernel_name in OWN:
            theirs = place.work / "dmesg.theirs"
            theirs.unlink(missing_ok=True)
            self.assertEqual(run("makedumpfile", "--dump-dmesg", self.vmcore, theirs).returncode, 0)
            self.assertEqual(lines, theirs.read_text(errors="replace").splitlines())

    def test_libkdumpfile_opens_it(self):
        dump = self.dump(31)
        context = kdumpfile.kdumpfile(str(place.work / "lite.dump"))
        context.attr["addrxlat.ostype"] = "linux"
        self.assertEqual(context.attr["linux.uts.release"], place.kernel.release)
        self.assertEqual(context.attr["file.format"], "diskdump")
        for pfn in list(dump.pfns())[::97]:
            raw = self.core.page(pfn)
            if raw is not None:
                self.assertEqual(context.read(kdumpfile.KDUMP_MACHPHYSADDR, pfn * 4096, 4096), raw, hex(pfn))

    def setUp(self):
        if self._testMethodName == "test_libkdumpfile_opens_it":
            self.dumps.pop((31, "on"), None)  # made anew: the file must be that one


if __name__ == "__main__":
    cycle.main()
