#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every format that makedumpfile-lite writes, made of the raw vmcore that test_raw.py left behind: page by page the
same memory, by readers that share no code with the writers (libkdumpfile, kdump_reader, readelf, zstd), and through
makedumpfile's own -R, --reassemble and filter."""
import ctypes
import json
import os
import subprocess
import unittest

import cycle

import kdump_reader
import kdumpfile
from kdump_reader import ElfCore, KdumpFile

place = None
LEVEL = 31


def run(*command, **more):
    return subprocess.run([str(word) for word in command], capture_output=True, check=False, **more)


class Output(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        place.work.mkdir(parents=True, exist_ok=True)
        found = sorted((place.work.parent / "raw").glob("raw.out/crash/*/vmcore"))
        if len(found) != 1:
            raise AssertionError(f"{len(found)} raw vmcores of test_raw.py in {place.work.parent / 'raw'}")
        cls.vmcore = found[0]
        cls.core = ElfCore(cls.vmcore)
        cls.whole = cls.path("whole")
        cls.lite("-z", "-d", LEVEL, cls.vmcore, cls.whole)
        cls.dump = KdumpFile(cls.whole)
        cls.pfns = list(cls.dump.pfns())

    @staticmethod
    def path(name):
        path = place.work / name
        path.unlink(missing_ok=True)
        return path

    @classmethod
    def lite(cls, *arguments, code=0, **more):
        done = run(place.program("makedumpfile-lite"), "--message-level", 6, *arguments, **more)
        if done.returncode != code:
            raise AssertionError(f"{arguments}: {done.returncode}\n{done.stderr.decode(errors='replace')}")
        return done

    def makedumpfile(self, *arguments, **more):
        done = run("makedumpfile", "--message-level", 4, *arguments, **more)
        self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr[-2000:])

    def same_file(self, one, other):
        self.assertEqual(run("cmp", one, other).stdout, b"")

    def same_pages(self, path):
        """A kdump-compressed file holds the pages of the raw memory, by kdump_reader."""
        dump = KdumpFile(path)
        self.assertEqual((dump.memory, dump.kept), (self.dump.memory, self.dump.kept))
        wrong = [pfn for pfn in dump.pfns() if dump.page(pfn) != (self.core.page(pfn) or dump.page(pfn))]
        self.assertEqual(wrong, [], path)
        return dump

    def read_by_libkdumpfile(self, path):
        """Every kept page by libkdumpfile, whatever the format."""
        context = kdumpfile.kdumpfile(str(path))
        wrong = []
        for pfn in self.pfns:
            page = bytes(context.read(kdumpfile.KDUMP_MACHPHYSADDR, pfn * 4096, 4096))
            if page != (self.core.page(pfn) or page):
                wrong.append(pfn)
        self.assertEqual(wrong, [], path)

    def read_parts_by_libkdumpfile(self, *paths):
        """The same of a split dump. The Python binding opens one file only."""
        library = ctypes.CDLL("libkdumpfile.so.10")
        library.kdump_new.restype = ctypes.c_void_p
        context = ctypes.c_void_p(library.kdump_new())
        files = [open(path, "rb") for path in paths]
        numbers = (ctypes.c_int * len(files))(*(file.fileno() for file in files))
        self.assertEqual(library.kdump_open_fdset(context, len(files), numbers), 0)
        page, wrong = ctypes.create_string_buffer(4096), []
        for pfn in self.pfns:
            size = ctypes.c_size_t(4096)
            code = library.kdump_read(context, kdumpfile.KDUMP_MACHPHYSADDR, ctypes.c_uint64(pfn * 4096), page,
                                      ctypes.byref(size))
            if code != 0 or page.raw != (self.core.page(pfn) or page.raw):
                wrong.append(pfn)
        self.assertEqual(wrong, [], paths)
        library.kdump_free(context)
        for file in files:
            file.close()

    def test_whole(self):
        self.same_pages(self.whole)
        self.read_by_libkdumpfile(self.whole)

    def test_duplicates_are_stored_once(self):
        alone = self.path("no-duplicates")
        self.lite("-z", "-d", LEVEL, "--share-duplicates", "off", self.vmcore, alone)
        places = {}
        for pfn in self.pfns:
            places.setdefault(self.dump.descriptor(pfn)[0], []).append(pfn)
        shared = [pfns for pfns in places.values() if len(pfns) > 1]
        self.assertGreater(len(shared), 10)
        for pfns in shared:
            self.assertEqual(len({self.dump.page(pfn) for pfn in pfns}), 1)
        self.assertLess(self.whole.stat().st_size, alone.stat().st_size)
        self.same_pages(alone)
        # makedumpfile filters such a dump again.
        for option in ("on", "off"):
            self.lite("-l", "-d", 17, "--share-duplicates", option, self.vmcore, self.path(f"duplicates-{option}"))
        for option, target in (("on", "again"), ("off", "again-alone")):
            self.makedumpfile("-l", "-d", LEVEL, place.work / f"duplicates-{option}", self.path(target))
        self.same_file(place.work / "again", place.work / "again-alone")

    def test_every_number_of_workers(self):
        for name, options in (("kdump", ["-z"]), ("elf", ["-E"]), ("stream", ["--format", "stream"]), ("flat", ["-F"])):
            outputs = []
            for workers in (1, 2, 5):
                outputs.append(self.path(f"{name}-{workers}"))
                self.lite(*options, "-d", LEVEL, "--workers", workers, self.vmcore, outputs[-1])
            self.same_file(outputs[0], outputs[1])
            self.same_file(outputs[0], outputs[2])

    def test_flattened(self):
        flat, ours, theirs = self.path("flat"), self.path("flat-ours"), self.path("flat-theirs")
        with open(flat, "wb") as file:
            subprocess.run([place.program("makedumpfile-lite"), "-F", "-z", "-d", str(LEVEL), self.vmcore], stdout=file,
                           stderr=subprocess.DEVNULL, check=True)
        with open(flat, "rb") as file:
            self.lite("-R", ours, stdin=file)
        with open(flat, "rb") as file:
            self.makedumpfile("-R", theirs, stdin=file)
        refused = self.path("refused")
        with open(flat, "rb") as file:
            self.lite("-R", "-z", refused, stdin=file, code=2)
        self.assertFalse(refused.exists(), "nothing is written when -z would be ignored")
        self.same_file(ours, self.whole)
        self.same_file(theirs, self.whole)

    def test_flattened_of_makedumpfile(self):
        flat, ours, theirs = self.path("mdf-flat"), self.path("mdf-ours"), self.path("mdf-theirs")
        with open(flat, "wb") as file:
            subprocess.run(["makedumpfile", "-F", "-l", "-d", str(LEVEL), self.vmcore], stdout=file,
                           stderr=subprocess.DEVNULL, check=True)
        with open(flat, "rb") as file:
            self.lite("-R", ours, stdin=file)
        with open(flat, "rb") as file:
            self.makedumpfile("-R", theirs, stdin=file)
        self.same_file(ours, theirs)

    def test_cut_flattened(self):
        flat, partial = self.path("cut-flat"), self.path("cut-flat-partial")
        self.lite("-F", "-z", "-d", LEVEL, self.vmcore, flat)
        os.truncate(flat, flat.stat().st_size * 2 // 3)
        with open(flat, "rb") as file:
            done = self.lite("-R", partial, stdin=file, code=4)
        self.assertIn(b"is incomplete", done.stderr)
        self.check_partial(partial)

    def check_partial(self, path):
        dump = KdumpFile(path)
        self.assertTrue(dump.status & kdump_reader.INCOMPLETE)
        here = [pfn for pfn in self.pfns if dump.descriptor(pfn)[0] != 0]
        self.assertGreater(len(here), len(self.pfns) // 4)
        self.assertLess(len(here), len(self.pfns))
        self.assertEqual([pfn for pfn in here if dump.page(pfn) != self.dump.page(pfn)], [])

    def test_elf(self):
        elf, flat, back = self.path("elf"), self.path("elf-flat"), self.path("elf-back")
        self.lite("-E", "-d", LEVEL, self.vmcore, elf)
        core = ElfCore(elf)
        self.assertEqual([pfn for pfn in self.pfns if core.page(pfn) != (self.core.page(pfn) or core.page(pfn))], [])
        self.read_by_libkdumpfile(elf)
        text = run("readelf", "-lnW", elf)
        self.assertEqual((text.returncode, text.stderr), (0, b""))
        self.assertIn(b"VMCOREINFO", text.stdout)
        # As in the source: each kept page at its virtual addresses, in the direct map and as kernel text.
        for pfn in self.pfns[::50]:
            if self.core.page(pfn) is not None:
                self.assertEqual(virtual_addresses(core, pfn), virtual_addresses(self.core, pfn), hex(pfn))
        self.lite("-F", "-E", "-d", LEVEL, self.vmcore, flat)
        with open(flat, "rb") as file:
            self.makedumpfile("-R", back, stdin=file)
        self.same_file(elf, back)
        # makedumpfile and we filter it again.
        self.makedumpfile("-l", "-d", 0, elf, self.path("elf-again"))
        self.lite("-z", "-d", LEVEL, elf, self.path("elf-kdump"))
        again = KdumpFile(place.work / "elf-kdump")
        self.assertEqual(again.kept, self.dump.kept)
        self.assertEqual([pfn for pfn in self.pfns if again.page(pfn) != self.dump.page(pfn)], [])

    def test_partial_elf(self):
        """Of a cut vmcore: readelf shows our note, other readers pass over it, and lost pages are no zeros."""
        cut, elf, again = self.path("cut-vmcore"), self.path("partial-elf"), self.path("partial-elf-kdump")
        size = self.vmcore.stat().st_size * 2 // 3
        subprocess.run(["cp", "--reflink=auto", "--sparse=always", self.vmcore, cut], check=True)
        os.truncate(cut, size)
        self.lite("-E", "-d", 1, cut, elf, code=4)
        text = run("readelf", "-nW", elf)
        self.assertEqual((text.returncode, text.stderr), (0, b""))
        self.assertIn(b"KDUMPKIT", text.stdout)
        core, context, lost = ElfCore(elf), kdumpfile.kdumpfile(str(elf)), 0
        for pfn in self.pfns[::20]:
            if core.page(pfn) is None:
                lost += 1
                with self.assertRaises(Exception):
                    context.read(kdumpfile.KDUMP_MACHPHYSADDR, pfn * 4096, 4096)
            elif self.core.page(pfn) is not None:
                self.assertEqual(core.page(pfn), self.core.page(pfn))
                self.assertEqual(bytes(context.read(kdumpfile.KDUMP_MACHPHYSADDR, pfn * 4096, 4096)), core.page(pfn))
        self.assertGreater(lost, 10)
        self.lite("-z", "-d", 1, elf, again, code=4)
        self.assertTrue(KdumpFile(again).status & kdump_reader.INCOMPLETE)
        cut.unlink()

    def test_elf_refuses_compression(self):
        done = self.lite("-E", "-c", self.vmcore, self.path("refused"), code=2)
        self.assertIn(b"-E", done.stderr)

    def test_split(self):
        parts = [self.path(f"part-{number}") for number in (1, 2, 3)]
        self.lite("--split", "-z", "-d", LEVEL, self.vmcore, *parts)
        counts = []
        for part in parts:
            dump = KdumpFile(part)
            self.assertEqual(dump.split, 1)
            self.assertEqual(dump.kept, self.dump.kept)
            begin, end = kdump_reader.SUB_HEADER.unpack_from(dump.bytes, 4096)[11:13]
            counts.append(sum(begin <= pfn < end for pfn in self.pfns))
        self.assertEqual(sum(counts), len(self.pfns))
        self.assertLessEqual(max(counts) - min(counts), 512, counts)
        self.read_parts_by_libkdumpfile(*parts)
        ours, theirs = self.path("joined-ours"), self.path("joined-theirs")
        self.lite("--reassemble", parts[2], parts[0], parts[1], ours)
        self.same_file(ours, self.whole)
        self.makedumpfile("--reassemble", *parts, theirs)
        self.same_pages(theirs)
        partial = self.path("missing")
        done = self.lite("--reassemble", parts[0], parts[2], partial, code=4)
        self.assertIn(b"lost: pfns", done.stderr)
        self.check_partial(partial)
        stranger = [self.path("stranger-1"), self.path("stranger-2")]
        self.lite("--split", "-z", "-d", 17, self.vmcore, *stranger)
        done = self.lite("--reassemble", parts[0], stranger[1], self.path("foreign"), code=2)
        self.assertIn(b"no part of the dump", done.stderr)

    def test_split_of_makedumpfile(self):
        parts = [self.path(f"mdf-part-{number}") for number in (1, 2)]
        self.makedumpfile("--split", "-l", "-d", LEVEL, "--splitblock-size", 1024, self.vmcore, *parts)
        ours, theirs = self.path("mdf-joined-ours"), self.path("mdf-joined-theirs")
        self.lite("--reassemble", parts[1], parts[0], ours)
        self.makedumpfile("--reassemble", *parts, theirs)
        one, other = KdumpFile(ours), KdumpFile(theirs)
        self.assertEqual((one.memory, one.kept), (other.memory, other.kept))
        self.assertEqual([pfn for pfn in one.pfns() if one.page(pfn) != other.page(pfn)], [])

    def test_stream(self):
        stream = self.path("stream")
        self.lite("--format", "stream", "-d", LEVEL, self.vmcore, stream)
        self.assertLess(stream.stat().st_size, self.whole.stat().st_size)
        self.assertEqual(run("zstd", "-t", stream).returncode, 0)
        for option in ("-z", "-l", "-c", "-p"):
            back = self.path("stream-back")
            with open(stream, "rb") as file:
                self.lite("-R", option, back, stdin=file)
            if option == "-z":
                self.same_file(back, self.whole)
            self.same_pages(back)
        # Through a pipe, as it is meant.
        back = self.path("stream-pipe")
        with subprocess.Popen([place.program("makedumpfile-lite"), "--format", "stream", "-d", str(LEVEL), self.vmcore],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as sender:
            self.lite("-R", "-z", back, stdin=sender.stdout)
        self.same_file(back, self.whole)

    def test_stream_is_read_like_any_dump(self):
        stream, log = self.path("stream-input"), self.path("stream-log")
        self.lite("--format", "stream", "-d", 1, self.vmcore, stream)
        for options in (["-z"], ["-z", "-e"], ["-l", "--exclude-per-cpu-free", "off"]):
            again, directly = self.path("from-stream"), self.path("from-vmcore")
            self.lite(*options, "-d", LEVEL, stream, again)
            self.lite(*options, "-d", LEVEL, self.vmcore, directly)
            self.same_file(again, directly)
        self.lite("--dump-dmesg", stream, log)
        self.assertEqual(log.read_bytes(), self.lite("--dump-dmesg", self.vmcore, "-").stdout)
        lite = place.program("makedumpfile-lite")
        self.assertIn(b": good: stream, all of its ", run(lite, "verify", stream).stdout)
        self.assertEqual(json.loads(run(lite, "info", "--json", stream).stdout)["format"], "stream")

    def test_a_core_without_vmcoreinfo(self):
        """What makedumpfile does with -i: symbols as they were linked, moved to where the core says the kernel was."""
        core, info = self.path("no-info"), self.path("linked-info")
        directly, again = self.path("with-info"), self.path("with-given-info")
        self.lite("-E", "-d", 1, self.vmcore, core)
        self.lite("-z", "-d", LEVEL, core, directly)
        with open(core, "r+b") as file:
            head = file.read(1 << 20)
            at = head.index(b"VMCOREINFO\0")
            size = int.from_bytes(head[at - 8:at - 4], "little")
            text = head[at + 12:at + 12 + size].decode()
            file.seek(at)
            file.write(b"XMCOREINFO")
        facts = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
        slide = int(facts["KERNELOFFSET"], 16)

        def linked(line):
            key, value = line.split("=", 1)
            address = int(value, 16) if key.startswith("SYMBOL(") else 0
            return f"{key}={address - slide:x}" if address >= 0xffffffff80000000 else line
        lines = [linked(line) for line in text.splitlines() if "=" in line
                 and not line.startswith(("KERNELOFFSET", "CRASHTIME", "NUMBER(phys_base)"))]
        info.write_text("\n".join(lines) + "\n")

        self.assertIn(b"-i FILE", self.lite("-z", "-d", LEVEL, core, again, code=3).stderr)
        self.lite("-i", info, "-z", "-d", LEVEL, core, again)
        one, other = KdumpFile(directly), KdumpFile(again)
        self.assertEqual((one.memory, one.kept), (other.memory, other.kept))
        self.assertEqual(self.lite("--dump-dmesg", "-i", info, core, "-").stdout,
                         self.lite("--dump-dmesg", self.vmcore, "-").stdout)
        # Now it has one of its own.
        self.lite("-z", "-d", LEVEL, "-f", again, self.path("from-given-info"))
        info.write_text(info.read_text().replace(facts["OSRELEASE"], "6.6.6-other"))
        self.assertIn(b"has another", self.lite("-i", info, "-z", "-d", LEVEL, "-f", core, again, code=2).stderr)

    def test_cut_stream(self):
        stream, partial = self.path("cut-stream"), self.path("cut-stream-partial")
        self.lite("--format", "stream", "-d", LEVEL, self.vmcore, stream)
        os.truncate(stream, stream.stat().st_size * 2 // 3)
        with open(stream, "rb") as file:
            done = self.lite("-R", "-z", partial, stdin=file, code=4)
        self.assertIn(b"is incomplete", done.stderr)
        self.check_partial(partial)

    def test_dry_run_tells_the_size(self):
        kinds = (["-z"], [], ["-E"], ["-F", "-l"], ["-F", "-E"], ["-e", "-z"], ["--format", "stream"])
        for level, options in ((level, options) for level in (0, 1, LEVEL) for options in kinds):
            if level == 0 and options in ([], ["-F", "-E"]):
                continue  # 600 MB each
            real, summary = self.path("real"), self.path("real.json")
            self.lite(*options, "-d", level, self.vmcore, real)
            said = self.lite(*options, "-d", level, "--dry-run", "--summary", summary, self.vmcore, self.path("none"))
            with self.subTest(level=level, options=options):
                self.assertIn(f"({real.stat().st_size} bytes)".encode(), said.stderr)
                self.assertEqual(cycle.read_json(summary)["bytes"]["would_write"], real.stat().st_size)
                self.assertFalse((place.work / "none").exists())
        parts = [self.path(f"dry-{number}") for number in (1, 2, 3)]
        said = self.lite("--split", "-z", "-d", LEVEL, "--dry-run", self.vmcore, *parts)
        self.lite("--split", "-z", "-d", LEVEL, self.vmcore, *parts)
        for part in parts:
            self.assertIn(f"{part} would take ".encode(), said.stderr)
            self.assertIn(f"({part.stat().st_size} bytes)".encode(), said.stderr)
        # With a limit: as the dump would go on.
        said = self.lite("-z", "-d", f"1,{LEVEL}", "-L", "20M", "--dry-run", self.vmcore, self.path("none"))
        self.assertIn(b"trying again with dump level 31", said.stderr)
        self.assertIn(f"({self.whole.stat().st_size} bytes)".encode(), said.stderr)

    def test_closed_pipe(self):
        for options in (["-F", "-z"], ["--format", "stream"], ["-F", "-E"]):
            with subprocess.Popen([place.program("makedumpfile-lite"), *options, "-d", str(LEVEL), self.vmcore],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE) as sender:
                sender.stdout.read(5000)
                sender.stdout.close()
                said = sender.stderr.read()
                self.assertEqual(sender.wait(timeout=60), 6, said)
            self.assertIn(b"Broken pipe", said)

    def test_size_limit(self):
        limited = self.path("limited")
        done = self.lite("-z", "-d", LEVEL, "-L", "9M", self.vmcore, limited, code=6)
        self.assertIn(b"-L", done.stderr)
        self.assertLessEqual(limited.stat().st_size, 9 << 20)
        self.check_partial(limited)
        done = self.lite("-z", "-d", f"1,{LEVEL}", "-L", "20M", self.vmcore, self.path("second"))
        self.assertIn(b"trying again with dump level 31", done.stderr)
        self.same_file(place.work / "second", self.whole)

    def test_full_disk(self):
        partial = self.path("full-disk")
        folder = place.work / "small"
        folder.mkdir(exist_ok=True)
        lite = f"{place.program('makedumpfile-lite')} --message-level 6"
        script = (f"mount -t tmpfs -o size=11m none {folder} || exit 99\n"
                  f"{lite} -z -d {LEVEL} {self.vmcore} {folder}/dump; code=$?\n"
                  f"cp --sparse=always {folder}/dump {partial}; rm {folder}/dump\n"
                  f"{lite} -d 0 --share-duplicates off {self.vmcore} {folder}/dump; exit $code$?\n")
        # A mount of its own, that goes away by itself.
        user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        done = run("unshare", *user, "--mount", "sh", "-c", script)
        self.assertEqual(done.returncode, 66, done.stderr)
        self.assertIn(b"No space left on device", done.stderr)
        self.assertIn(b"is incomplete", done.stderr)
        self.assertIn(b"takes at least", done.stderr)
        self.check_partial(partial)


def virtual_addresses(core, pfn):
    """Where the segments of an ELF core have this page."""
    return {virtual + pfn * 4096 - physical for physical, size, _, virtual in core.loads
            if physical <= pfn * 4096 < physical + size}


if __name__ == "__main__":
    cycle.main()
