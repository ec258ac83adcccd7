#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""When no target takes anything, the panic text is in pstore: the next boot finds it in memory that a reset keeps. The
kernel has CONFIG_PSTORE_PMSG, which Debian's have not."""
import re
import unittest

import cycle
import outcomes

place = None
SETTINGS = '[capture]\ndevice_timeout = 3\nfailure_action = "reboot"\n'
PMSG = "/pstore/pmsg-ramoops-0"
# The first boot panics, the one after it finds what is left.
SCRIPT = f"""
mkdir /pstore
mount -t pstore none /pstore
if [ -e {PMSG} ]; then
    run pmsg cat {PMSG}
    say the panic text was read
    sleep 1000
fi
run load kdumpkit load --kernel /kernel --initrd /initrd
say marker one two three
echo c >/proc/sysrq-trigger
"""
QUIT = "\x01x"  # to QEMU: this kernel has no ACPI to switch the machine off with


class Pstore:
    """Production's command line says in `append` where pstore's memory is."""
    append = None
    name = None

    @classmethod
    def setUpClass(cls):
        folder = place.work / cls.name
        folder.mkdir(parents=True, exist_ok=True)
        initrd = place.build(folder / "capture.img", cycle.ABSENT, SETTINGS, modules="none")
        cls.guest = place.guest(cls.name, SCRIPT, initrd, append=f"crashkernel=96M {cls.append}", memory=512,
                                qemu=["-action", "reboot=reset"])
        cls.guest.when["the panic text was read"] = lambda: cls.guest.type(QUIT)
        cls.guest.run()
        cls.said = "\n".join(cls.guest.captured())

    def test_no_target_took_it(self):
        self.assertEqual(self.guest.result("load")[0], 0, self.guest.result("load")[1])
        self.assertIn("no target took the dump", self.said)
        self.assertIn("the end of the log is also in pstore, through /dev/pmsg0", self.said)

    def test_the_next_boot_reads_the_panic(self):
        status, text = self.guest.result("pmsg")
        self.assertEqual(status, 0, text)
        self.assertRegex(text, r"(?m)\] guest: marker one two three$")
        self.assertIn("Kernel panic - not syncing: sysrq triggered crash", text)
        self.assertNotIn("kdump-capture", text, "it is the crashed kernel's log")

    def test_three_kernels_one_place(self):
        """Production, capture, production: the same memory, laid out alike."""
        # The first such line of each: the capture kernel's console also has the end of production's log.
        places = [re.search(r"\] ramoops: using (0x[0-9a-f]+@0x[0-9a-f]+, ecc: \d+)",
                            "\n".join(self.guest.kernel_lines(boot))) for boot in range(3)]
        self.assertTrue(all(places), places)
        self.assertEqual(len({found.group(1) for found in places}), 1, places)


class ByAddress(Pstore, unittest.TestCase):
    name = "address"
    append = "memmap=1M$0x8000000 ramoops.mem_address=0x8000000 ramoops.mem_size=0x100000 ramoops.pmsg_size=0x4000"

    def test_outcome(self):
        outcomes.record(place, "no target at all, and pstore has memory of its own (ramoops)", self.guest,
                        "the end of the log in pstore, for the next boot, and on the console")


class ByName(Pstore, unittest.TestCase):
    """A name that only production's kernel can look up; error correction changes the layout. nokaslr: a kernel that
    puts itself at a random place may go over that memory before it looks up the name, and finds another place for it.
    64M: an alignment that leads away from the top of free memory, where a booting kernel's first allocations are."""
    name = "name"
    append = "nokaslr reserve_mem=1M:64M:oops ramoops.mem_name=oops ramoops.ecc=1"


if __name__ == "__main__":
    cycle.main()
