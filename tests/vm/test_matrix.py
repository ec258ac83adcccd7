#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Both system calls on one kernel, with one CPU and several, 4- and 5-level paging, BIOS and EFI firmware, and every
kind of reservation: each combination is a panic whose dump must open. Not the full product: every value of a column
meets every value of every other column at least once (a test says so)."""
import itertools
import re
import shutil
import typing
import unittest

import cycle
from disk import Disk

import kdump_reader
import kdumpfile

place = None
FIRMWARE = "/usr/share/ovmf/OVMF.fd"
RESERVATIONS = {
    "low": "192M",
    # Above 4 GiB, with as much below as devices need that reach no further: two ranges.
    "high": "160M,high crashkernel=96M,low",
    # The same, the low part's size being the kernel's own choice.
    "split": "160M,high",
    # By the size of the machine.
    "ranged": "0-512M:64M,512M-:192M",
    # Part of it is lent to the running kernel for its users' pages (CONFIG_CMA).
    "cma": "64M,cma crashkernel=96M",
}


class Row(typing.NamedTuple):
    syscall: str
    cpus: int
    paging: int  # levels of the processor; a kernel without CONFIG_X86_5LEVEL uses 4 of 5
    firmware: str
    reservation: str

    def name(self):
        return f"{self.syscall}-{self.cpus}cpu-{self.paging}level-{self.firmware}-{self.reservation}"


LOAD, FILE = "kexec_load", "kexec_file_load"
ROWS = (
    Row(LOAD, 1, 5, "bios", "low"),
    Row(FILE, 3, 4, "efi", "low"),
    Row(LOAD, 3, 5, "efi", "high"),
    Row(FILE, 1, 4, "bios", "high"),
    Row(LOAD, 3, 4, "bios", "split"),
    Row(FILE, 1, 5, "efi", "split"),
    Row(LOAD, 1, 4, "efi", "ranged"),
    Row(FILE, 3, 5, "bios", "ranged"),
)
# Debian's kernels have CONFIG_CMA since 7.2.
CMA_KERNELS = ("cloud-7.2",)
CMA_ROWS = (Row(LOAD, 3, 5, "bios", "cma"), Row(FILE, 1, 4, "efi", "cma"))
# Pinned to the last CPU, so that the one that crashes is not always the one that booted.
SCRIPT = """
mount -t tmpfs none /tmp
mount -t securityfs none /sys/kernel/security
run iomem cat /proc/iomem
run can_cma grep -qw cma_alloc /proc/kallsyms
run cma cat /sys/kernel/kexec/crash_cma_ranges
run context kdumpkit load --reboot --kernel /kernel --preserve-context
run load kdumpkit load --kernel /kernel --initrd /initrd --syscall {syscall}
run status kdumpkit status
say about to panic
taskset -p {mask} $$
echo c >/proc/sysrq-trigger
"""


class Pairs(unittest.TestCase):
    def test_every_value_meets_every_other(self):
        for first, second in itertools.combinations(range(len(Row._fields)), 2):
            wanted = set(itertools.product(*({row[column] for row in ROWS} for column in (first, second))))
            self.assertEqual({(row[first], row[second]) for row in ROWS}, wanted)


def ranges_of(iomem, name):
    """Half-open ranges of the lines of /proc/iomem with this name."""
    found = re.findall(rf"^ *([0-9a-f]+)-([0-9a-f]+) : {name}$", iomem, re.MULTILINE)
    return [(int(first, 16), int(last, 16) + 1) for first, last in found]


class Matrix(unittest.TestCase):
    def panic(self, row, crashkernel, words=""):
        """The guest after its panic, what /proc/iomem said, and its dump. `words`: more for its command line."""
        disk = Disk(place.work / f"{row.name()}.img", 256, bus="nvme")
        initrd = place.build(place.work / f"{row.name()}-capture.img", disk.target(), modules="none")
        qemu = ("-bios", FIRMWARE) if row.firmware == "efi" else ()
        guest = place.guest(
            row.name(), SCRIPT.format(syscall=row.syscall, mask=f"{1 << (row.cpus - 1):x}"), initrd, disks=[disk],
            # Half of the memory lies above 4 GiB. OVMF and KASLR cut what is below in pieces: more of it, so that a
            # reservation finds room whatever the luck.
            memory=2048 if row.firmware == "efi" else 1536, cpus=row.cpus, cpu="-la57" if row.paging == 4 else "",
            # On a busy machine the emulated timer can be too late for the kernels' check of it.
            append=f"crashkernel={crashkernel} no_timer_check {words}",
            qemu=("-machine", f"q35,max-ram-below-4g={'1G' if row.firmware == 'efi' else '768M'}", *qemu)).run(400)
        self.assertEqual(guest.result("load")[0], 0, guest.result("load")[1])
        self.assertIn(f"loaded by {row.syscall} ", guest.result("load")[1])
        self.assertEqual(guest.result("can_cma")[0] == 0, place.kernel_name in CMA_KERNELS)
        self.assertRegex(guest.result("status")[1], r"armed: +yes")
        folder = cycle.only_dump(disk.read_back())
        self.assertIs(cycle.read_json(folder / "summary.json")["complete"], True, folder)
        return guest, guest.result("iomem")[1], folder / "vmcore"

    def forget(self, row):
        """What took room is removed once it was found good; the console stays."""
        for path in place.work.glob(f"{row.name()}*"):
            if path.is_file():
                path.unlink()
        shutil.rmtree(place.work / f"{row.name()}.out")
        (place.work / row.name() / "guest.cpio").unlink()

    def check_dump(self, row, path, five=None):
        """Opened by two readers; the kernel's data is found through its own page tables."""
        dump = kdump_reader.KdumpFile(path)
        self.assertEqual(dump.utsname["release"], place.kernel.release)
        self.assertEqual(dump.notes.count(b"CORE\0"), row.cpus)
        levels = re.search(r"^NUMBER\(pgtable_l5_enabled\)=(\d)", dump.vmcoreinfo, re.MULTILINE)
        can = not place.kernel.release.startswith("5.10")  # Debian's 5.10 has no CONFIG_X86_5LEVEL
        self.assertEqual(levels.group(1) == "1", row.paging == 5 and can if five is None else five)
        context = kdumpfile.kdumpfile(str(path))
        context.attr["addrxlat.ostype"] = "linux"
        self.assertEqual(context.attr["cpu.number"], row.cpus)
        names = int(re.search(r"^SYMBOL\(init_uts_ns\)=([0-9a-f]+)", dump.vmcoreinfo, re.MULTILINE).group(1), 16)
        text = bytes(context.read(kdumpfile.KDUMP_KVADDR, names, 1024))
        self.assertIn(place.kernel.release.encode() + b"\0", text)
        return dump

    def check_memory(self, guest, iomem, dump, reservation):
        """The dump is of all RAM but the reservation, and the capture kernel had nothing else."""
        for first, end in reservation:
            there = (dump.memory >> (first >> 12)) & ((1 << ((end - first) >> 12)) - 1)
            self.assertEqual(there, 0, f"{first:#x}-{end:#x} of the reservation is in the dump")
        missing = sum(((end - first) >> 12) - bin((dump.memory >> (first >> 12))
                                                  & ((1 << ((end - first) >> 12)) - 1)).count("1")
                      for first, end in ranges_of(iomem, "System RAM"))
        reserved = sum((end - first) >> 12 for first, end in reservation)
        # kexec_file_load leaves out the first MiB; ranges that are no whole pages lose the rest.
        self.assertLess(missing - reserved, 260)
        self.assertGreaterEqual(missing, reserved)
        for first, last in re.findall(r"BIOS-e820: \[mem (0x[0-9a-f]+)-(0x[0-9a-f]+)\] usable",
                                      "\n".join(guest.kernel_lines(1))):
            first, end = int(first, 16), int(last, 16) + 1
            if first >= 1 << 20:
                self.assertTrue(any(begin <= first and end <= stop for begin, stop in reservation),
                                f"the capture kernel was given {first:#x}-{end:#x}")

    def check_console(self, row, guest):
        for boot in (0, 1):
            lines = "\n".join(guest.kernel_lines(boot))
            self.assertEqual("efi: EFI v" in lines, row.firmware == "efi", f"boot {boot}")
            self.assertNotIn("ACPI BIOS Error", lines)
        crashed = re.search(r"Comm: sh Not tainted|CPU: (\d+) ", guest.text()[guest.text().index("about to panic"):])
        self.assertEqual(crashed.group(1), str(row.cpus - 1))

    def check_context(self, guest):
        """None of these kernels has CONFIG_KEXEC_JUMP."""
        status, output = guest.result("context")
        self.assertEqual(status, 5, output)
        self.assertIn("built without CONFIG_KEXEC_JUMP", output)

    def test_cma(self):
        """On the kernels that can; panic() checks that the others cannot."""
        for row in CMA_ROWS if place.kernel_name in CMA_KERNELS else ():
            with self.subTest(row.name()):
                guest, iomem, path = self.panic(row, RESERVATIONS[row.reservation])
                status, lent = guest.result("cma")
                self.assertEqual(status, 0, lent)
                lent = [(int(first, 16), int(last, 16) + 1) for first, last in re.findall(r"(\w+)-(\w+)", lent)]
                self.assertEqual(sum(end - first for first, end in lent), 64 << 20, lent)
                reservation = ranges_of(iomem, "Crash kernel") + lent
                self.check_memory(guest, iomem, self.check_dump(row, path), reservation)
                # All of it is the capture kernel's.
                total = re.search(r"Memory: \d+K/(\d+)K available", "\n".join(guest.kernel_lines(1)))
                self.assertGreater(int(total.group(1)), 155 << 10)
                self.forget(row)

    def test_an_older_kernel_passes_over_the_cma_word(self):
        """In the order of kdumpkit reserve --cma; with the words the other way round it reserves nothing."""
        if place.kernel_name in CMA_KERNELS:
            return
        guest = place.guest("cma-word", "run size cat /sys/kernel/kexec_crash_size\npoweroff -f\n",
                            append=f"crashkernel={RESERVATIONS['cma']}").run()
        self.assertEqual(guest.result("size"), (0, str(96 << 20)))

    def test_4_levels_of_a_processor_that_has_5(self):
        """The capture kernel is entered as the running one runs, and stays so: it gets the same no5lvl."""
        row = Row(LOAD, 1, 5, "bios", "low")
        guest, iomem, path = self.panic(row, RESERVATIONS["low"], "no5lvl")
        self.check_memory(guest, iomem, self.check_dump(row, path, False), ranges_of(iomem, "Crash kernel"))
        self.forget(row)

    def test_rows(self):
        for row in ROWS:
            with self.subTest(row.name()):
                guest, iomem, path = self.panic(row, RESERVATIONS[row.reservation])
                reservation = ranges_of(iomem, "Crash kernel")
                above = [(first, end) for first, end in reservation if first >= 1 << 32]
                split = row.reservation in ("high", "split")
                self.assertEqual((len(reservation), len(above)), (2, 1) if split else (1, 0), reservation)
                self.check_memory(guest, iomem, self.check_dump(row, path), reservation)
                self.check_console(row, guest)
                self.check_context(guest)
                self.forget(row)


if __name__ == "__main__":
    cycle.main()
