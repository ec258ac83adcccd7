#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Panics captured by kernels in other wrappings: a unified image packed by zstd, with its own initrd and command line,
by each system call; a bare ELF vmlinux; and every compression in a plan made by a real machine."""
import unittest

import cycle
import wrapped_kernel
from disk import Disk

import kdump_reader

place = None
QUIET = "mount -t tmpfs none /tmp\n"
CMDLINE = b"root=/dev/sda1 quiet console=ttyS0 carried=yes crashkernel=1G\n"


class Wrapped:
    """One panic; `make` writes the kernel file, `words` are the arguments of kdumpkit load."""
    name = words = says = None

    @classmethod
    def setUpClass(cls):
        cls.disk = Disk(place.work / f"{cls.name}.img", 256)
        cls.initrd = place.build(place.work / f"{cls.name}-capture.img", cls.disk.target())
        kernel = cls.make(place.work / f"{cls.name}.kernel")
        script = f"{QUIET}run plan kdumpkit load --plan {cls.words}\nrun load kdumpkit load {cls.words}\n" \
                 f"run status kdumpkit status\n{cycle.PANIC}"
        cls.guest = place.guest(cls.name, script, files={"kernel": kernel, "initrd": cls.initrd},
                                disks=[cls.disk]).run()

    def test_plan_names_it(self):
        status, output = self.guest.result("plan")
        self.assertEqual(status, 0, output)
        self.assertIn(self.says, output)

    def test_the_panic_is_captured(self):
        status, output = self.guest.result("load")
        self.assertEqual(status, 0, output)
        folder = cycle.only_dump(self.disk.read_back())
        self.assertIs(cycle.read_json(folder / "summary.json")["complete"], True)
        self.assertEqual(kdump_reader.KdumpFile(folder / "vmcore").utsname["release"], place.kernel.release)


class Unified(Wrapped):
    """Everything that is loaded comes out of one file."""

    @classmethod
    def make(cls, path):
        raw = wrapped_kernel.unified(path.with_suffix(".efi"), [
            (".osrel", b"ID=debian\n"), (".cmdline", CMDLINE), (".initrd", cls.initrd.read_bytes()),
            (".linux", place.kernel.image.read_bytes())])
        return wrapped_kernel.packed(path, raw.read_bytes(), "zstd", "-3", "-c")

    def test_its_command_line_was_used(self):
        line = next(line for line in self.guest.kernel_lines(1) if "Command line: " in line)
        self.assertIn("carried=yes", line)
        self.assertNotIn("crashkernel", line)
        self.assertNotIn("root=", line)
        self.assertIn("nr_cpus=1", line)


class UnifiedByKexecLoad(Unified, unittest.TestCase):
    name = "unified-load"
    words = "--kernel /kernel --syscall kexec_load"
    says = "in a unified kernel image in zstd"


class UnifiedByFileLoad(Unified, unittest.TestCase):
    name = "unified-file"
    words = "--kernel /kernel --syscall kexec_file_load"
    says = "in a unified kernel image in zstd"


class Vmlinux(Wrapped, unittest.TestCase):
    name = "vmlinux"
    words = "--kernel /kernel --initrd /initrd"
    says = "kexec_load of ELF vmlinux 6."

    @classmethod
    def make(cls, path):
        return wrapped_kernel.vmlinux(path, place.kernel.image)

    def test_its_pvh_entry_is_known(self):
        self.assertIn("PVH entry", self.guest.result("plan")[1])


class Compressions(unittest.TestCase):
    """The plan of this machine for the same kernel is the same in every wrapping."""

    def test_every_compression(self):
        image = place.kernel.image.read_bytes()
        work = place.work / "compressions"
        work.mkdir(exist_ok=True)
        initrd = place.build(work / "capture.img", cycle.ABSENT)
        files = {"plain": place.kernel.image}
        for name, packer in {"gz": ("gzip", "-1", "-c"), "xz": ("xz", "-0", "-c"), "zst": ("zstd", "-1", "-c"),
                             "lzma": ("xz", "--format=lzma", "-0", "-c"), "lz4": ("lz4", "-c"),
                             "lz4l": ("lz4", "-l", "-c")}.items():
            files[name] = wrapped_kernel.packed(work / f"vmlinuz.{name}", image, *packer)
        files["zboot"] = wrapped_kernel.zboot(work / "vmlinuz.zboot", files["gz"].read_bytes(), b"gzip")
        script = "".join(f"run {name} kdumpkit load --plan --kernel /{name} --initrd /initrd\n" for name in files)
        guest = place.guest("compressions", script + "poweroff -f\n",
                            files={**files, "initrd": initrd}).run()
        plain = guest.result("plain")
        self.assertEqual(plain[0], 0, plain[1])
        for name in files:
            with self.subTest(name):
                status, output = guest.result(name)
                self.assertEqual(status, 0, output)
                self.assertEqual(output.splitlines()[1:], plain[1].splitlines()[1:])


if __name__ == "__main__":
    cycle.main()
