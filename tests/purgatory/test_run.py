#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the purgatory's blob in a processor of its own (the Unicorn emulator): wherever it is put it checks the
digests, saves low memory, and enters the kernel with the registers that the boot protocol wants; a wrong byte keeps the
kernel from being entered, and resets the machine."""
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
GENERAL = ("RBX", "RCX", "RDX", "RDI", "RBP", "R8", "R9", "R10", "R11", "R12", "R13", "R14", "R15")


class Machine:
    """The blob at `base` with these (name, address, content) regions to guard."""

    def __init__(self, base, regions, count=None, wrong=None, digits=0):
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
        fixed = struct.pack("<8Q", MAGIC, KERNEL + 0x200, BOOT_PARAMS, LOW, BACKUP, len(self.low),
                            len(regions) if count is None else count, digits)
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
        self.processor.hook_add(UC_HOOK_INSN, self.on_out, None, 1, 0, x86_const.UC_X86_INS_OUT)
        self.processor.hook_add(UC_HOOK_INSN, lambda *_: 0x20, None, 1, 0, x86_const.UC_X86_INS_IN)

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
