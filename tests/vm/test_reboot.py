#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A fast reboot: `kdumpkit load --reboot` and `kdumpkit reboot` start a second kernel with its own initrd and command
line and no firmware in between (QEMU runs with -no-reboot: a reset would end it), by each system call, from BIOS and
EFI; a vmlinux by its 64-bit and by its PVH entry. The time is compared with a cold boot's."""
import struct
import unittest

import cycle
import wrapped_kernel
from guest import Guest

place = None
FIRMWARE = "/usr/share/ovmf/OVMF.fd"
SECOND = """
say the second kernel is up
run cmdline cat /proc/cmdline
run memory grep MemTotal /proc/meminfo
run loaded cat /sys/kernel/kexec_loaded
run loader cat /proc/sys/kernel/bootloader_type
poweroff -f
"""
FIRST = """
run memory1 grep MemTotal /proc/meminfo
run nothing kdumpkit reboot --now
run load kdumpkit load --reboot --kernel /kernel --initrd /next --append "second=yes" {words}
run flag cat /sys/kernel/kexec_loaded
run status kdumpkit status
run unload kdumpkit unload --reboot
run unloaded cat /sys/kernel/kexec_loaded
run again kdumpkit load --reboot --kernel /kernel --initrd /next --append "second=yes" {words}
run clean kdumpkit reboot
say rebooting now
kdumpkit reboot --now
say kdumpkit reboot came back
poweroff -f
"""


class Reboot:
    """The checks; below, a class for each way."""
    name = words = None
    qemu = ()
    # What the kernel notes of how it was entered: by its 64-bit entry what the zero page says (0xff), by its PVH entry
    # 0xb0 (init_pvh_bootparams() in arch/x86/platform/pvh/enlighten.c).
    loader = "255"

    @classmethod
    def setUpClass(cls):
        following = Guest(place.work / f"{cls.name}-next", place.kernel, SECOND)
        cls.guest = place.guest(cls.name, FIRST.format(words=cls.words), append="crashkernel=64M first=yes",
                                files={"next": following.initramfs, **cls.files()}, qemu=cls.qemu).run()

    @classmethod
    def files(cls):
        return {}

    def test_the_second_kernel_is_up_with_its_command_line(self):
        self.assertIn("the second kernel is up", self.guest.text())
        self.assertEqual(len(self.guest.kernel_lines(1)) > 100, True)
        line = self.guest.result("cmdline")[1]
        self.assertIn("first=yes", line)
        self.assertIn("second=yes", line)
        self.assertNotIn("came back", self.guest.text())
        self.assertEqual(self.guest.result("loaded")[1], "0")

    def test_its_entry(self):
        self.assertEqual(self.guest.result("loader")[1], self.loader)

    def test_it_has_all_memory(self):
        first, second = (int(self.guest.result(name)[1].split()[1]) for name in ("memory1", "memory"))
        self.assertAlmostEqual(first, second, delta=first // 50)

    def test_what_is_loaded_is_told(self):
        self.assertEqual(self.guest.result("load")[0], 0, self.guest.result("load")[1])
        self.assertEqual(self.guest.result("flag")[1], "1")
        self.assertIn("for reboot:  /kernel", self.guest.result("status")[1])
        self.assertEqual(self.guest.result("unload")[0], 0)
        self.assertEqual(self.guest.result("unloaded")[1], "0")

    def test_refusals(self):
        status, output = self.guest.result("nothing")
        self.assertEqual(status, 3, output)
        self.assertIn("next: kdumpkit load --reboot", output)
        status, output = self.guest.result("clean")
        self.assertEqual(status, 5, output)
        self.assertIn("systemd does not run here", output)
        self.assertIn("next: ", output)

    def test_second_kernel_without_firmware(self):
        starts = [at for at, line in self.guest.lines if "] Linux version " in line]
        asked = next(at for at, line in self.guest.lines if "rebooting now" in line)
        self.assertEqual(len(starts), 2)
        # For people; the emulator's firmware is far quicker than a server's, which takes minutes.
        print(f"\n{self.name}: a cold start reaches the kernel after {starts[0]:.1f} s, kexec after "
              f"{starts[1] - asked:.1f} s")


class KexecLoad(Reboot, unittest.TestCase):
    name = "kexec_load"
    words = "--syscall kexec_load"


class KexecFileLoad(Reboot, unittest.TestCase):
    name = "kexec_file_load"
    words = "--syscall kexec_file_load"
    loader = "208"


class Efi(Reboot, unittest.TestCase):
    name = "efi"
    words = "--syscall kexec_load"
    qemu = ("-bios", FIRMWARE)

    def test_efi_and_acpi_are_handed_on(self):
        for boot in (0, 1):
            lines = "\n".join(self.guest.kernel_lines(boot))
            self.assertRegex(lines, r"efi: EFI v[0-9.]+ by EDK II", f"boot {boot}")
            self.assertRegex(lines, r"ACPI: RSDP 0x0*[1-9A-Fa-f][0-9A-Fa-f]*", f"boot {boot}")


class Vmlinux(Reboot, unittest.TestCase):
    name = "vmlinux"
    words = "--syscall auto"

    @classmethod
    def files(cls):
        return {"kernel": wrapped_kernel.vmlinux(place.work / f"{cls.name}.elf", place.kernel.image)}


class Pvh(Vmlinux):
    name = "pvh"
    words = "--entry pvh"
    loader = "176"


class PvhFromEfi(Pvh):
    """It learns of ACPI, and that it will not learn of EFI is said."""
    name = "pvh-efi"
    qemu = ("-bios", FIRMWARE)

    def test_acpi_is_handed_on_and_efi_not(self):
        self.assertIn("learns nothing of EFI", self.guest.result("load")[1])
        lines = "\n".join(self.guest.kernel_lines(1))
        self.assertRegex(lines, r"ACPI: RSDP 0x0*[1-9A-Fa-f][0-9A-Fa-f]*")
        self.assertNotIn("efi: EFI v", lines)


class PvhOnly(Pvh):
    """A kernel whose ELF entry is virtual can be entered no other way, which auto finds out."""
    name = "pvh-only"
    words = ""

    @classmethod
    def files(cls):
        files = super().files()
        with open(files["kernel"], "r+b") as kernel:
            kernel.seek(0x18)  # e_entry
            kernel.write(struct.pack("<Q", 0xffffffff81000000))
        return files


class ReusedLine(Reboot, unittest.TestCase):
    """The running kernel's command line goes before the one that a unified image carries."""
    name = "reused"
    words = "--syscall kexec_load --reuse-cmdline"

    @classmethod
    def files(cls):
        return {"kernel": wrapped_kernel.unified(place.work / "reused.efi", [
            (".cmdline", b"carried=yes\n"), (".linux", place.kernel.image.read_bytes())])}

    def test_the_carried_line_is_not_used(self):
        self.assertNotIn("carried=yes", self.guest.result("cmdline")[1])


class Context(unittest.TestCase):
    """Debian's kernels cannot be returned to: that is said, and nothing is loaded."""

    def test_preserve_context_is_explained(self):
        guest = place.guest("context", "run load kdumpkit load --reboot --kernel /kernel --preserve-context\n"
                                       "run loaded cat /sys/kernel/kexec_loaded\n"
                                       "run other kdumpkit load --reboot --kernel /kernel\n"
                                       "run again kdumpkit load --reboot --kernel /kernel --preserve-context\n"
                                       "run kept cat /sys/kernel/kexec_loaded\npoweroff -f\n").run()
        status, output = guest.result("load")
        self.assertEqual(status, 5, output)
        self.assertIn("CONFIG_KEXEC_JUMP", output)
        self.assertIn("next: ", output)
        self.assertEqual(guest.result("loaded")[1], "0")
        self.assertEqual(guest.result("again")[0], 5, guest.result("again")[1])
        self.assertEqual(guest.result("kept")[1], "1", "a refusal drops nothing")


if __name__ == "__main__":
    cycle.main()
