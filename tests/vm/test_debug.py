#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A captured dump opened with the kernel's debug package: by drgn the panic task, its stack, the task list and the log;
by crash the system and the log. Part of ./test --all: the debug package is 280 MB."""
import subprocess
import unittest

import cycle
import drgn
import fetch_kernel
from disk import Disk
from drgn.helpers.linux.mm import pfn_to_page
from drgn.helpers.linux.pid import find_task, for_each_task
from drgn.helpers.linux.printk import get_dmesg
from kdump_reader import KdumpFile

place = None


class Debug(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        fetch_kernel.fetch(place.kernel_name, debug=True)
        debug = fetch_kernel.KERNELS / place.kernel_name / "debug/usr/lib/debug/boot"
        cls.vmlinux = next(debug.glob("vmlinux-*"))
        cls.disk = Disk(place.work / "debug.img", 512)
        cls.guest = place.panic("debug", cls.disk)
        cls.folder = cycle.only_dump(cls.disk.read_back())
        cls.program = drgn.Program()
        cls.program.set_core_dump(str(cls.folder / "vmcore"))
        cls.program.load_debug_info([str(cls.vmlinux)])

    def test_release(self):
        self.assertEqual(self.program["init_uts_ns"].name.release.string_().decode(), place.kernel.release)
        self.assertEqual(self.program["init_uts_ns"].name.nodename.string_().decode(), "vm-guest")

    def test_panic_task_and_its_stack(self):
        crashed = self.program.crashed_thread()
        self.assertEqual(crashed.tid, 1)
        self.assertEqual(crashed.object.comm.string_().decode(), "init")
        names = [frame.name for frame in crashed.stack_trace()]
        for name in ("panic", "sysrq_handle_crash", "write_sysrq_trigger", "vfs_write", "ksys_write"):
            self.assertIn(name, names)

    def test_task_list(self):
        tasks = [task.comm.string_().decode() for task in for_each_task(self.program)]
        self.assertGreater(len(tasks), 50)
        self.assertEqual(tasks.count("vm-workload"), 5)
        self.assertEqual(tasks.count("sleep"), 3)
        self.assertIn("kthreadd", tasks)
        self.assertEqual(find_task(self.program, 2).comm.string_(), b"kthreadd")

    def test_a_sleeping_task_has_a_stack(self):
        sleeper = next(task for task in for_each_task(self.program) if task.comm.string_() == b"sleep")
        names = [frame.name for frame in self.program.stack_trace(sleeper)]
        self.assertIn("__schedule", names)
        self.assertTrue(any("nanosleep" in name for name in names if name), names)

    def test_log(self):
        # drgn prints the time of each line of a message; compare what they say.
        theirs = [line.strip() for line in get_dmesg(self.program).decode(errors="replace").splitlines()]
        ours = [line.strip() for line in (self.folder / "dmesg.txt").read_text(errors="replace").splitlines()]
        self.assertEqual(ours, theirs)

    def test_without_the_unused_memory_map(self):
        """-e takes nothing away that somebody asks for: the same tasks, stacks and log, and the struct page of every
        page that is kept."""
        dump, smaller = self.folder / "vmcore", place.work / "vmcore-e"
        done = subprocess.run([str(place.program("makedumpfile-lite")), "-f", "-e", "-z", "-d", "31", str(dump),
                               str(smaller)], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        before, after = KdumpFile(dump), KdumpFile(smaller)
        kept = set(after.pfns())
        self.assertLess(kept, set(before.pfns()))
        self.assertGreater(before.count() - len(kept), 500)
        program = drgn.Program()
        program.set_core_dump(str(smaller))
        program.load_debug_info([str(self.vmlinux)])
        for pfn in sorted(kept):
            where = pfn_to_page(program, pfn).value_()
            self.assertEqual(program.read(where, 64), self.program.read(where, 64), pfn)
        self.assertEqual(get_dmesg(program), get_dmesg(self.program))
        self.assertEqual(answers(program), answers(self.program))

    def test_crash(self):
        done = subprocess.run(["crash", "-s", str(self.vmlinux), str(self.folder / "vmcore")], input="sys\nlog\nq\n",
                              capture_output=True, text=True, check=False, timeout=300)
        self.assertIn(place.kernel.release, done.stdout, done.stderr)
        self.assertIn("sysrq triggered crash", done.stdout)
        self.assertIn("guest: marker one two three", done.stdout)
        self.assertRegex(done.stdout, r"NODENAME: vm-guest")


def answers(program):
    """Each task with its stack."""
    found = []
    for task in for_each_task(program):
        try:
            stack = [(frame.name, frame.pc) for frame in program.stack_trace(task)]
        except ValueError as error:  # it runs on a CPU
            stack = str(error)
        found.append((task.pid.value_(), task.comm.string_(), stack))
    return found


if __name__ == "__main__":
    cycle.main()
