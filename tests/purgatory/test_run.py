#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the purgatory's blob in a processor of its own (the Unicorn emulator): wherever it is put it checks the
digests, saves low memory, and enters the kernel with the registers that the boot protocol wants, or in the 32-bit mode
that a PVH entry wants; a wrong byte keeps the kernel from being entered, and resets the machine."""
import hashlib
import os
import struct
import sys
import unittest

from unicorn import UC_ARCH_X86, UC_HOOK_INSN, UC_MODE_64, Uc, UcError, x86_const

BLOB = open(sys.argv.pop(1), "rb").read()
PARAMETERS, MAGIC, PAGE = 16, 0x79726f7461677270, 4096
KERNEL, BOOT_PARAMS, LOW, BACKUP = 0x34000000, 0x3ef00000, 0x1000, 0x3e000000
DIGITS, STACK, CALLER = 0x3ef01030, 0x50000ff8, 0x123456789a0bcdef
PLACES = (0x100000, 0x3ef61000, 0x17e000000)
TABLES, EFER = 0x60000000, 0xc0000080
GENERAL = ("RBX", "RCX", "RDX", "RDI", "RBP", "R8", "R9", "R10", "R11", "R12", "R13", "R14", "R15")


def four_gibibytes(address):
    """Page tables for there, which map as much to itself, in pages of 1 GiB."""
    return (struct.pack("<Q", address + PAGE + 3).ljust(PAGE, b"\0") +
            b"".join(struct.pack("<Q", at << 30 | 0x83) for at in range(4)))


class Machine:
    """The blob at `base` with these (name, address, content) regions to guard."""

    def __init__(self, base, regions, count=None, wrong=None, digits=0, pvh=0, tables=0):
        self.base, self.said, self.reset = base, "", False
        self.processor = Uc(UC_ARCH_X86, UC_MODE_64)
        self.map(base, BLOB)
        self.map(KERNEL, b"\xf4" * PAGE)
        self.low = os.urandom(3 * PAGE)
        self.map(LOW, self.low)
        self.map(BACKUP, bytes(3 * PAGE))
        table = b""
        for name, address, content in regions:
            self.map(address, content)
            table += struct.pack("<QQ32s16s", address, len(content), hashlib.sha256(content).digest(), name.encode())
        fixed = struct.pack("<10Q", MAGIC, KERNEL + 0x200, BOOT_PARAMS, LOW, BACKUP, len(self.low),
                            len(regions) if count is None else count, digits, pvh,
                            tables)
        self.processor.mem_write(base + PARAMETERS, fixed + table)
        if digits:  # called, on a stack
            self.map(DIGITS, b"0" * 17)
            self.map(STACK, struct.pack("<Q", CALLER))
            self.write("RSP", STACK)
        if wrong is not None:
            self.processor.mem_write(wrong, bytes([self.processor.mem_read(wrong, 1)[0] ^ 1]))
        # What the crashed kernel leaves: garbage, interrupts as they were, strings going down.
        for index, name in enumerate(GENERAL + ("RSI", "RAX")):
            self.write(name, 0xdead0000 + index)
        self.write("EFLAGS", 0x602)
        if pvh or tables:
            self.enter_long_mode()
        self.processor.hook_add(UC_HOOK_INSN, self.on_out, None, 1, 0, x86_const.UC_X86_INS_OUT)
        self.processor.hook_add(UC_HOOK_INSN, lambda *_: 0x20, None, 1, 0, x86_const.UC_X86_INS_IN)

    def enter_long_mode(self):
        """The emulator runs 64-bit code without paging; what leaves long mode needs the real thing: 4 GiB, mapped to
        themselves in pages of 1 GiB."""
        self.map(TABLES, four_gibibytes(TABLES))
        self.write("CR4", 0x20)
        self.write("CR3", TABLES)
        self.processor.msr_write(EFER, 0x901)
        self.write("CR0", 0x80010033)

    def map(self, address, content):
        end = (address + len(content) + PAGE - 1) // PAGE * PAGE
        self.processor.mem_map(address // PAGE * PAGE, end - address // PAGE * PAGE)
        self.processor.mem_write(address, content)

    def on_out(self, processor, port, _size, value, _user):
        if port == 0x3f8:
            self.said += chr(value)
        if port == 0xcf9 and value == 6:
            self.reset = True
            processor.emu_stop()

    def read(self, name):
        return self.processor.reg_read(getattr(x86_const, "UC_X86_REG_" + name))

    def write(self, name, value):
        self.processor.reg_write(getattr(x86_const, "UC_X86_REG_" + name), value)

    def run(self):
        self.processor.emu_start(self.base, KERNEL + 0x200, timeout=60 * 1000000)
        return self

    def descriptor(self, selector):
        """Base, limit in bytes and access rights of what a segment register, or a selector, points to."""
        if isinstance(selector, str):
            selector = self.read(selector)
        _, base, _, _ = self.read("GDTR")
        low, high = struct.unpack("<II", self.processor.mem_read(base + (selector & 0xfff8), 8))
        limit = (high & 0xf0000) | (low & 0xffff)
        rights = high >> 8 & 0xf0ff | 1  # whether it was accessed does not matter
        base = (high & 0xff000000) | (high & 0xff) << 16 | low >> 16
        return base, (limit << 12 | 0xfff) if rights & 0x8000 else limit, rights

    def entered(self):
        return self.read("RIP") == KERNEL + 0x200


REGIONS = [("kernel", 0x35000000, os.urandom(70000)), ("initrd", 0x36000000, os.urandom(12345)),
           ("empty", 0x37000000, b"\0" * 64)]


class Purgatory(unittest.TestCase):
    def test_enters_the_kernel_wherever_it_lies(self):
        for base in PLACES:
            with self.subTest(hex(base)):
                machine = Machine(base, REGIONS).run()
                self.assertTrue(machine.entered(), machine.said)
                self.assertEqual(machine.said, "")
                self.assertEqual(machine.read("RSI"), BOOT_PARAMS)
                self.assertEqual({name: machine.read(name) for name in GENERAL}, dict.fromkeys(GENERAL, 0))
                self.assertEqual(machine.read("CS"), 0x10)
                self.assertEqual([machine.read(name) for name in ("DS", "ES", "SS", "FS", "GS")], [0x18] * 5)
                self.assertEqual(machine.read("EFLAGS") & 0x600, 0, "interrupts are off, strings go up")
                self.assertTrue(base <= machine.read("RSP") <= base + len(BLOB))
                self.assertEqual(bytes(machine.processor.mem_read(BACKUP, len(machine.low))), machine.low)

    def test_a_wrong_byte_keeps_the_kernel_out(self):
        for name, address, content in REGIONS:
            for at in (0, len(content) // 2, len(content) - 1):
                with self.subTest(f"{name}+{at}"):
                    machine = Machine(PLACES[1], REGIONS, wrong=address + at).run()
                    self.assertTrue(machine.reset)
                    self.assertFalse(machine.entered())
                    self.assertIn(f'segment "{name}" is wrong', machine.said)
                    self.assertEqual(bytes(machine.processor.mem_read(BACKUP, PAGE)), bytes(PAGE))

    def test_a_kernel_that_may_return_learns_where_to(self):
        machine = Machine(PLACES[1], REGIONS, digits=DIGITS).run()
        self.assertTrue(machine.entered(), machine.said)
        self.assertEqual(bytes(machine.processor.mem_read(DIGITS, 17)), b"%016x0" % CALLER)
        self.assertEqual({name: machine.read(name) for name in GENERAL}, dict.fromkeys(GENERAL, 0))

    def test_a_kernel_is_entered_with_the_page_tables_that_were_loaded(self):
        other = TABLES + 16 * PAGE
        regions = REGIONS + [("pagetables", other, four_gibibytes(other))]
        for base in PLACES[:2]:
            with self.subTest(hex(base)):
                machine = Machine(base, regions, tables=other).run()
                self.assertTrue(machine.entered(), machine.said)
                self.assertEqual(machine.read("CR3"), other)
                self.assertEqual(machine.read("RSI"), BOOT_PARAMS)
                self.assertEqual({name: machine.read(name) for name in GENERAL}, dict.fromkeys(GENERAL, 0))

    def test_a_pvh_entry_gets_its_32_bit_mode(self):
        for base in PLACES[:2]:
            with self.subTest(hex(base)):
                machine = Machine(base, REGIONS, pvh=1)
                self.assertEqual(machine.processor.msr_read(EFER) & 0x500, 0x500, "it starts in long mode")
                machine.run()
                self.assertTrue(machine.entered(), machine.said)
                self.assertEqual(machine.read("EBX"), BOOT_PARAMS)
                self.assertEqual(machine.read("CR0") & ~0x10, 1, "protected mode and nothing else")
                self.assertEqual(machine.read("CR4"), 0)
                self.assertEqual(machine.processor.msr_read(EFER) & 0x500, 0, "not in long mode")
                self.assertEqual(machine.descriptor("CS"), (0, 0xffffffff, 0xc09b))
                for name in ("DS", "ES", "SS"):
                    self.assertEqual(machine.descriptor(name), (0, 0xffffffff, 0xc093), name)
                self.assertEqual(machine.read("TR")[1:3], (0, 0x67))
                self.assertEqual(machine.descriptor(machine.read("TR")[0]), (0, 0x67, 0x8b), "an active 32-bit TSS")
                self.assertEqual(machine.read("EFLAGS") & 0x20300, 0, "no VM, IF, TF")
                self.assertEqual(bytes(machine.processor.mem_read(BACKUP, len(machine.low))), machine.low)

    def test_a_wrong_byte_keeps_a_pvh_kernel_out(self):
        machine = Machine(PLACES[1], REGIONS, wrong=REGIONS[0][1], pvh=1).run()
        self.assertTrue(machine.reset)
        self.assertIn('segment "kernel" is wrong', machine.said)

    def test_more_regions_than_it_has_room_for_are_not_read(self):
        regions = [(f"r{i}", 0x40000000 + i * PAGE, bytes([i]) * 100) for i in range(8)]
        self.assertTrue(Machine(PLACES[0], regions, count=1 << 60).run().entered())

    def test_the_processor_itself_can_fail(self):
        """A check that cannot fail proves nothing: code that was destroyed does not get to the kernel."""
        machine = Machine(PLACES[0], REGIONS)
        machine.processor.mem_write(PLACES[0], b"\x0f\x0b")
        with self.assertRaises(UcError):
            machine.run()


if __name__ == "__main__":
    unittest.main()
