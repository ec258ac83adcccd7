#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What an admin does: kdumpkit build and load on the running machine itself. Its target is a folder on a partition, and
nobody tells which disk, filesystem or driver that is."""
import struct
import unittest

import cycle
from disk import Disk

import kdump_reader

place = None
START = 2048  # sectors: where the partition begins
SCRIPT = """
mount -t tmpfs none /tmp
mount -t ext4 /dev/vda1 /mnt
mkdir -p /mnt/var/crash
run build kdumpkit build -o /tmp/capture.img --target file:///mnt/var/crash
run nowhere kdumpkit build -o /tmp/nowhere.img --target file:///tmp/crash
run absent ls /tmp/nowhere.img
run load kdumpkit load --kernel /kernel --initrd /tmp/capture.img
""" + cycle.PANIC


class Partition(Disk):
    """A disk with a partition table; the filesystem is its first partition."""

    def whole(self):
        return self.path.with_suffix(".disk")

    def qemu(self):
        filesystem = self.path.read_bytes()
        # One entry of type 0x83, and the table's signature.
        table = struct.pack("<B3xB3xII", 0, 0x83, START, len(filesystem) // 512)
        with open(self.whole(), "wb") as disk:
            disk.write(b"\0" * 446 + table + b"\0" * 48 + b"\x55\xaa")
            disk.seek(START * 512)
            disk.write(filesystem)
        return ["-drive", f"file={self.whole()},format=raw,if=virtio"]

    def read_back(self, folder="/crash"):
        with open(self.whole(), "rb") as disk:
            disk.seek(START * 512)
            self.path.write_bytes(disk.read())
        return super().read_back(folder)


class Build(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.disk = Partition(place.work / "disk.img", 128)
        cls.guest = place.guest("build", SCRIPT, files=place.files_to_build(), disks=[cls.disk],
                                programs=("kdump-capture", "makedumpfile-lite")).run()

    def test_build_finds_disk_filesystem_and_drivers(self):
        status, output = self.guest.result("build")
        self.assertEqual(status, 0, output)
        self.assertIn(f"file:///var/crash?fs=UUID={self.disk.uuid}&type=ext4", output)
        modules = next(line for line in output.splitlines() if line.split()[:1] == ["modules"])
        self.assertIn("virtio_blk", modules)
        self.assertIn("virtio_pci", modules)

    def test_memory_is_no_place_for_a_dump(self):
        status, output = self.guest.result("nowhere")
        self.assertNotEqual(status, 0)
        self.assertIn("/tmp", output)
        self.assertIn("next: ", output)
        self.assertNotEqual(self.guest.result("absent")[0], 0)

    def test_the_panic_is_captured_there(self):
        folder = cycle.only_dump(self.disk.read_back("/var/crash"))
        self.assertIs(cycle.read_json(folder / "summary.json")["complete"], True)
        dump = kdump_reader.KdumpFile(folder / "vmcore")
        self.assertEqual(dump.utsname["release"], place.kernel.release)

    def test_the_layout_that_was_frozen_was_used(self):
        """What VMCOREINFO lacks came from the file that build packed, and nothing out of the crashed memory."""
        folder = cycle.only_dump(self.disk.read_back("/var/crash"))
        collector = cycle.read_json(folder / "summary.json")["collector"]
        self.assertEqual(collector["dump_level"], 31)
        self.assertGreater(collector["kernel_facts"]["layout file"], 20, collector)
        self.assertEqual(set(collector["kernel_facts"]), {"VMCOREINFO", "layout file"})
        self.assertEqual({name: check["verdict"] for name, check in collector["self_check"]["checks"].items()
                          if check["verdict"] != "passed"}, {})


if __name__ == "__main__":
    cycle.main()
