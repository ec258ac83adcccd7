#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine that was booted by EFI firmware: the capture kernel gets the system table and the ACPI tables handed on,
and the panic is captured as ever."""
import unittest

import cycle
from disk import Disk

import kdump_reader

place = None
FIRMWARE = "/usr/share/ovmf/OVMF.fd"


class Efi(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.disk = Disk(place.work / "disk.img", 256)
        cls.guest = place.panic("efi", cls.disk, "kexec_load", workload="mount -t tmpfs none /tmp\n",
                                qemu=("-bios", FIRMWARE))

    def test_both_kernels_have_efi_and_acpi(self):
        for boot in (0, 1):
            lines = "\n".join(self.guest.kernel_lines(boot))
            self.assertRegex(lines, r"efi: EFI v[0-9.]+ by EDK II", f"boot {boot}")
            self.assertRegex(lines, r"ACPI: RSDP 0x0*[1-9A-Fa-f][0-9A-Fa-f]*", f"boot {boot}")
        self.assertNotIn("ACPI BIOS Error", "\n".join(self.guest.kernel_lines(1)))

    def test_the_panic_is_captured(self):
        folder = cycle.only_dump(self.disk.read_back())
        self.assertIs(cycle.read_json(folder / "summary.json")["complete"], True)
        self.assertEqual(kdump_reader.KdumpFile(folder / "vmcore").utsname["release"], place.kernel.release)


if __name__ == "__main__":
    cycle.main()
