#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Raw partitions as places for a dump, and what a capture must leave alone there."""
import hashlib
import shutil
import struct
import subprocess
import unittest

import cycle
import outcomes
from disk import Disk, make_raw

from kdump_reader import KdumpFile

place = None
QUIET = "mount -t tmpfs none /tmp\n"
SETTINGS = '[capture]\ndevice_timeout = 20\nfailure_action = "poweroff"\n'
HEADER = struct.Struct("<16sIIq72s96sII")
FILE = struct.Struct("<48sQQ32s")


def raw_header(folder, flags, files=()):
    """docs/raw-format.md, written by hand."""
    page = HEADER.pack(b"KDUMPKIT-RAW-001", 1, flags, 0, b"host", folder, len(files), 0)
    page += b"".join(FILE.pack(*file) for file in files) + bytes(FILE.size * (8 - len(files)))
    return (page + hashlib.sha256(page).digest()).ljust(4096, b"\0")


def raw_files(image):
    """name -> content, by a reader that shares no code with the writer; checks every checksum."""
    page = image[:4096]
    magic, version, flags, _, _, folder, count, _ = HEADER.unpack_from(page)
    assert (magic, version) == (b"KDUMPKIT-RAW-001", 1)
    assert hashlib.sha256(page[:976]).digest() == page[976:1008]
    files = {}
    for index in range(count):
        name, offset, size, digest = FILE.unpack_from(page, HEADER.size + index * FILE.size)
        content = image[offset:offset + size]
        assert hashlib.sha256(content).digest() == digest, name
        files[name.rstrip(b"\0").decode()] = content
    return flags, folder.rstrip(b"\0").decode(), files


class Raw(unittest.TestCase):
    """Three raw targets: one is a filesystem, one holds a dump that nobody took off, one is blank."""

    @classmethod
    def setUpClass(cls):
        cls.ext4 = Disk(place.work / "ext4.img", 32)
        cls.untaken = make_raw(place.work / "untaken.img", 32, raw_header(b"20200101T000000Z-host", 1))
        cls.blank = make_raw(place.work / "blank.img", 128, b"")
        cls.before = [disk.path.read_bytes() for disk in (cls.ext4, cls.untaken)]
        cls.guest = place.panic("raw", cls.ext4, settings=SETTINGS, workload=QUIET,
                                target=["raw:/dev/vda", "raw:/dev/vdb", "raw:/dev/vdc"],
                                disks=[cls.untaken, cls.blank])
        cls.said = "\n".join(cls.guest.captured())

    def test_what_is_not_ours_is_left_alone(self):
        self.assertIn("it holds ext4, which is not ours", self.said)
        self.assertIn("it holds a whole dump, 20200101T000000Z-host", self.said)
        self.assertEqual(self.before, [disk.path.read_bytes() for disk in (self.ext4, self.untaken)])

    def test_the_blank_one_takes_all_and_gives_it_back(self):
        flags, name, files = raw_files(self.blank.path.read_bytes())
        self.assertEqual(flags, 1)
        self.assertEqual(set(files), {"dmesg.txt", "vmcore.flat", "capture.log", "summary.json"})
        self.assertIn(b"sysrq triggered crash", files["dmesg.txt"])
        out = place.work / "extracted"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        done = place.kdumpkit("extract", self.blank.path, out)
        self.assertEqual(done.returncode, 0, done.stderr)
        folder = out / name
        for file, content in files.items():
            self.assertEqual((folder / file).read_bytes(), content)
        self.assertIs(cycle.read_json(folder / "summary.json")["complete"], True)
        with open(folder / "vmcore.flat", "rb") as flat:
            subprocess.run([place.program("makedumpfile-lite"), "-R", folder / "vmcore"], stdin=flat, check=True,
                           capture_output=True)
        dump = KdumpFile(folder / "vmcore")
        self.assertGreater(dump.count(), 1000)
        self.assertEqual(sum(len(dump.page(pfn)) == 4096 for pfn in dump.pfns()), dump.count())
        self.assertEqual(raw_files(self.blank.path.read_bytes())[0], 3)  # taken
        outcomes.record(place, "a raw target holds a filesystem, another a dump that was not taken", self.guest,
                        "all on the third, the others untouched")


if __name__ == "__main__":
    cycle.main()
