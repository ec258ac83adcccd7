#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The real program on files of every format that it reads, with everything wrong with them that can be: each run ends
soon, with little memory, with a documented exit code, a message that names the file and says what to do next; what it
leaves behind is a whole dump, or one that says that it is incomplete and can be read as far as it goes."""
import concurrent.futures
import hashlib
import os
import pathlib
import resource
import struct
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "oracle"))
import kdump_reader  # noqa: E402
import lies  # noqa: E402
from suite import main, settings  # noqa: E402

EXIT_CODES = range(7)  # docs/exit-codes.md
SECONDS = 60  # a busy machine; what hangs takes longer
MEMORY = 700 << 20  # address space: windows on the image are mapped
READABLE = 64 << 20  # dumps larger than this (mostly holes) are not read back: the reader is written in Python
ELF_SPECS = [(4, "<BBB"), (16, "<HHIQQQIHHHHHH")] + [(64 + i * 56, "<IIQQQQQQ") for i in range(4)]
KDUMP_SPECS = [(0, "<QI"), (408, "<QQIIIIIIIIII"), (4096, "<QIIQQQQQQQQQQQ")]
STREAM_SPECS = [(0, "<II"), (8, "<QIIQQIIQQ")]
FLAT_SPECS = [(0, "<QQQQ"), (4096, "<QQ")]


def flattened(data, piece=4096):
    """The flattened format, as makedumpfile's manual describes it: big-endian records."""
    out = bytearray(struct.pack(">16sqq", b"makedumpfile", 1, 1).ljust(4096, b"\0"))
    for at in range(0, len(data), piece):
        out += struct.pack(">qq", at, len(data[at:at + piece])) + data[at:at + piece]
    return bytes(out + struct.pack(">qq", -1, -1))


def unflattened(data):
    """The file that a flattened one describes, or None when it breaks its format or describes something huge."""
    if len(data) < 4096 or struct.unpack_from(">16sqq", data) != (b"makedumpfile".ljust(16, b"\0"), 1, 1):
        return None
    out, at = bytearray(), 4096
    while True:
        if at + 16 > len(data):
            return None
        offset, size = struct.unpack_from(">qq", data, at)
        at += 16
        if (offset, size) == (-1, -1):
            return bytes(out)
        if offset < 0 or size <= 0 or at + size > len(data) or offset + size > READABLE:
            return None
        out.extend(bytes(max(0, offset + size - len(out))))
        out[offset:offset + size] = data[at:at + size]
        at += size


def limits():
    if not settings.sanitized:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (8 << 30, 8 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(arguments, stdin=subprocess.DEVNULL):
    return subprocess.run([settings.programs / "makedumpfile-lite", *map(str, arguments)], stdin=stdin,
                          capture_output=True, timeout=SECONDS, check=False, preexec_fn=limits)


def whole_or_incomplete(path, unpack=True):
    """None when every page of the dump can be read, or those that arrived in one that is marked incomplete. Without
    `unpack` it is enough that its bytes are there: who only moves pages cannot know what is in them."""
    with open(path, "rb") as file:
        start = file.read(kdump_reader.HEADER.size)
    if start[:8] != kdump_reader.SIGNATURE:
        return f"it begins with {start[:8]!r}"
    if path.stat().st_size > READABLE:
        return None
    try:
        dump = kdump_reader.KdumpFile(path)
        incomplete = bool(dump.status & kdump_reader.INCOMPLETE)
        for pfn in dump.pfns():
            offset, size, *_ = dump.descriptor(pfn)
            inside = 0 < offset and offset + size <= len(dump.bytes)
            if inside and unpack:
                dump.page(pfn)
            elif not inside and not incomplete:
                return f"page {pfn:#x} lies at {offset:#x}+{size:#x}"
    except (kdump_reader.FormatError, ValueError) as error:
        return str(error)
    return None


class Lies(unittest.TestCase):
    """One test for each format; the jobs are all that the program does with such a file."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.work = pathlib.Path(cls.folder.name)
        vmcore = cls.work / "vmcore"
        subprocess.run([settings.programs / "write-vmcore", vmcore], check=True)
        cls.vmcore = vmcore.read_bytes()

    def dump(self, *options):
        """A good dump of the good vmcore."""
        path = self.work / "good"
        path.unlink(missing_ok=True)
        done = run([*options, self.work / "vmcore", path])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIsNone(whole_or_incomplete(path))
        return path.read_bytes()

    def complain(self, number, bad, job):
        """What is wrong with how one job deals with one file; an empty list when nothing is."""
        source, output = self.work / f"bad-{number}", self.work / f"out-{number}"
        source.write_bytes(bad)
        before = hashlib.sha256(bad).digest()
        arguments = [{"SOURCE": source, "OUTPUT": output}.get(word, word) for word in job]
        try:
            with open(source, "rb") as stdin:
                done = run(arguments, stdin if "SOURCE" not in job else subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            return [f"no end after {SECONDS} s"]
        said = done.stderr.decode(errors="replace")
        wrong = []
        if done.returncode not in EXIT_CODES:
            wrong.append(f"exit code {done.returncode}")
        if done.returncode != 0:
            names = [str(word) for word in arguments if isinstance(word, pathlib.Path)]
            names += [] if "SOURCE" in job else ["standard input"]
            if "error: cannot " not in said or "\n  next: " not in said:
                wrong.append("no message with a next step")
            if done.returncode != 5 and not any(name in said for name in names):
                wrong.append("the message names no file")
        if job[:2] == ("-R", "OUTPUT"):
            # A transport: of the file that it carries it says no more than that a part is missing.
            wrong += self.complain_rearranged(bad, done, said, output)
            output.unlink(missing_ok=True)
        elif output.exists():
            trouble = None if job[0] == "--dump-dmesg" else whole_or_incomplete(output, job[0] != "--reassemble")
            if trouble:
                wrong.append(f"the output is broken: {trouble}")
            elif done.returncode not in (0, 4) and "incomplete" not in said and job[0] not in ("--dump-dmesg",):
                wrong.append("an output is left and nobody says that it is incomplete")
            output.unlink()
        elif done.returncode == 0 and "OUTPUT" in job:
            wrong.append("success without output")
        if hashlib.sha256(source.read_bytes()).digest() != before:
            wrong.append("the source was changed")
        source.unlink()
        return [f"{problem}\n{said}" for problem in wrong]

    @staticmethod
    def complain_rearranged(bad, done, said, output):
        expected = unflattened(bad)
        if done.returncode == 0 and expected is not None and output.read_bytes() != expected:
            return ["the output is not what the records say"]
        saved = done.returncode == 4 and "marked incomplete" in said and output.exists()
        if done.returncode != 0 and expected is not None and not saved:
            return ["a sound file was refused"]
        if done.returncode != 0 and output.exists() and "incomplete" not in said:
            return ["an output is left and nobody says that it is incomplete"]
        return []

    def check(self, name, good, specs, jobs):
        cases = [(what, bad, job) for what, bad in lies.all_lies(name, good, specs) for job in jobs]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            answers = pool.map(lambda case: self.complain(f"{name}-{case[0]}", *case[1][1:]), enumerate(cases))
        failed = [f"{name}, {what}, {' '.join(map(str, job))}: {problem}"
                  for (what, _, job), problems in zip(cases, answers) for problem in problems]
        print(f"{name}: {len(cases)} runs", file=sys.stderr)
        self.assertFalse(failed, "\n".join(failed[:20]) + f"\n{len(failed)} in all")

    DUMPS = (("-d31", "-l", "SOURCE", "OUTPUT"), ("-d1", "SOURCE", "OUTPUT"))
    LOOKS = (("--dump-dmesg", "SOURCE", "OUTPUT"), ("--mem-usage", "SOURCE"), ("info", "SOURCE"), ("verify", "SOURCE"))
    SALVAGE = (("salvage", "SOURCE", "OUTPUT"),)

    def test_elf(self):
        self.check("elf", self.vmcore, ELF_SPECS, self.DUMPS + self.LOOKS)

    def test_kdump_zlib(self):
        self.check("kdump-zlib", self.dump("-d17", "-c"), KDUMP_SPECS, self.DUMPS + self.LOOKS + self.SALVAGE)

    def test_kdump_zstd(self):
        self.check("kdump-zstd", self.dump("-d1", "-z"), KDUMP_SPECS, self.DUMPS[1:] + self.SALVAGE)

    def test_kdump_plain(self):
        self.check("kdump-plain", self.dump("-d0"), KDUMP_SPECS, self.DUMPS[1:] + self.SALVAGE)

    def test_flattened(self):
        rearrange = (("-R", "OUTPUT"),)
        self.check("flattened", flattened(self.dump("-d1", "-l")), FLAT_SPECS, self.DUMPS + self.LOOKS + rearrange)

    def test_stream(self):
        path = self.work / "stream"
        done = run(["-d1", "--format", "stream", self.work / "vmcore", path])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.check("stream", path.read_bytes(), STREAM_SPECS, (("-R", "-l", "OUTPUT"),))

    def test_part(self):
        """Of a split dump: alone it is refused, put together with the good other part it is read."""
        parts = [self.work / "part-0", self.work / "part-1"]
        done = run(["-d1", "-l", "--split", self.work / "vmcore", *parts])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.check("part", parts[0].read_bytes(), KDUMP_SPECS,
                   (("--reassemble", "SOURCE", parts[1], "OUTPUT"), ("-d31", "SOURCE", "OUTPUT")))

    def test_made_elf(self):
        path = self.work / "elf"
        done = run(["-d17", "-E", self.work / "vmcore", path])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.check("made-elf", path.read_bytes(), ELF_SPECS, (("-d31", "SOURCE", "OUTPUT"),))

    def test_flattened_elf(self):
        self.check("flattened-elf", flattened(self.vmcore), FLAT_SPECS, self.DUMPS)


class Honesty(unittest.TestCase):
    def rearranged(self, flat, folder):
        (folder / "flat").write_bytes(flat)
        with open(folder / "flat", "rb") as source:
            done = run(["-f", "-R", folder / "out"], stdin=source)
        return done.returncode, done.stderr.decode()

    def test_what_was_sent_is_to_blame(self):
        """Not the place that it is written to; and no ELF core is called incomplete that is whole."""
        with tempfile.TemporaryDirectory() as folder:
            work = pathlib.Path(folder)
            subprocess.run([settings.programs / "write-vmcore", work / "vmcore"], check=True)
            good = flattened((work / "vmcore").read_bytes())
            self.assertEqual(self.rearranged(good, work)[0], 0)
            code, said = self.rearranged(good[:4096 + 16 + 4096] + struct.pack(">q", 0x4b44554d50202020)
                                         + good[4096 + 16 + 4096 + 8:], work)
            self.assertEqual(code, 4, said)
            self.assertIn("send it again", said)
            code, said = self.rearranged(good[:-1], work)
            self.assertEqual(code, 4, said)
            self.assertIn("all that its headers describe", said)
            self.assertNotIn("is incomplete", said)
            self.assertEqual((work / "out").read_bytes(), (work / "vmcore").read_bytes())
            damaged = bytearray((work / "vmcore").read_bytes())
            damaged[54:56] = b"\xff\0"  # e_phentsize
            code, said = self.rearranged(flattened(bytes(damaged)), work)
            self.assertEqual(code, 4, said)
            self.assertIn("damaged", said)

    def test_kernel_that_does_not_tell_its_name(self):
        """The dump still says what machine it is of, and can be dumped again."""
        with tempfile.TemporaryDirectory() as folder:
            work = pathlib.Path(folder)
            subprocess.run([settings.programs / "write-vmcore", work / "vmcore"], check=True)
            self.assertNotIn(b"init_uts_ns", (work / "vmcore").read_bytes())
            for source, target, options in (("vmcore", "dump", ("-d1",)), ("dump", "again", ("-d31",)),
                                            ("again", "core", ("-d31", "-E"))):
                done = run([*options, work / source, work / target])
                self.assertEqual(done.returncode, 0, done.stderr)
            name = kdump_reader.KdumpFile(work / "again").utsname
            self.assertEqual((name["sysname"], name["machine"]), ("Linux", "x86_64"))
            self.assertNotEqual(name["release"], "")
            self.assertEqual((work / "core").read_bytes()[18:20], b"\x3e\0")  # EM_X86_64


class Judge(unittest.TestCase):
    """The checks above must be able to fail."""

    def test_damage_is_seen(self):
        with tempfile.TemporaryDirectory() as folder:
            work = pathlib.Path(folder)
            subprocess.run([settings.programs / "write-vmcore", work / "vmcore"], check=True)
            done = run(["-d0", work / "vmcore", work / "dump"])
            self.assertEqual(done.returncode, 0, done.stderr)
            good = (work / "dump").read_bytes()
            self.assertIsNone(whole_or_incomplete(work / "dump"))
            (work / "dump").write_bytes(good[:-8192])
            self.assertIsNotNone(whole_or_incomplete(work / "dump"))
            (work / "dump").write_bytes(b"x" + good[1:])
            self.assertIsNotNone(whole_or_incomplete(work / "dump"))

    def test_lies_differ_and_repeat(self):
        good = bytes(range(256)) * 64
        first, again = (list(lies.all_lies("x", good, ELF_SPECS)) for _ in range(2))
        self.assertEqual(first, again)
        self.assertGreater(len({bad for _, bad in first}), 50)


if __name__ == "__main__":
    main(__doc__)
