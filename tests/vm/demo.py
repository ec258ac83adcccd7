#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The demo behind ./demo: one real panic, told as it happens, and what it left in build/demo."""
import argparse
import os
import shutil
import sys
import textwrap
import threading
import time

import cycle
import fetch_kernel
from disk import Disk

DEMO = fetch_kernel.TOP / "build" / "demo"
PANIC = "PANIC"
# Marks in the console, in their order, and what they mean for a person who watches.
STAGES = (
    ("] Linux version ", "the kernel boots, with crashkernel=192M"),
    ("marker one two three", "a workload runs: processes, anonymous memory, page cache, tmpfs"),
    ("run load exit 0", "kdumpkit has loaded the capture kernel into the reservation"),
    ("Kernel panic - not syncing", PANIC),
    ("] Linux version ", "the purgatory has verified every segment; the capture kernel starts"),
    ("kdump-capture: saved dmesg.txt", "the log is safe"),
    ("kdump-capture: saved vmcore", "the dump is safe"),
    ("kdump-capture: rebooting", "the machine reboots"),
)
TERMINAL = sys.stdout.isatty() and os.environ.get("TERM") != "dumb" and "NO_COLOR" not in os.environ


def paint(code, text):
    return f"\x1b[{code}m{text}\x1b[0m" if TERMINAL else text


def cut(text, width):
    return text if len(text) <= width else text[:width - 1] + "…"


def bold(text):
    return paint("1", text)


def dim(text):
    return paint("2", text)


def size(count):
    for unit in ("B", "KiB", "MiB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 9.95 else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} GiB"


class Watcher:
    """Follows a guest's console while it runs and tells each stage once, with its time on the host's clock."""

    def __init__(self):
        self.times = []
        self.told = 0
        self.width = shutil.get_terminal_size().columns if TERMINAL else 200

    def follow(self, guest, thread):
        begin = time.monotonic()
        while True:
            alive = thread.is_alive()
            while self.told < len(guest.lines):
                self.line(*guest.lines[self.told])
                self.told += 1
            if not alive:
                break
            self.status(time.monotonic() - begin)
            time.sleep(0.1)
        self.clear()

    def clear(self):
        if TERMINAL:
            print("\r\x1b[K", end="")

    def status(self, seconds):
        if TERMINAL:
            doing = STAGES[len(self.times) - 1][1] if self.times else "QEMU starts"
            print(f"\r\x1b[K   {seconds:5.1f} s  {dim(cut(doing, self.width - 20))}", end="", flush=True)

    def line(self, at, text):
        if len(self.times) < len(STAGES) and STAGES[len(self.times)][0] in text:
            words = STAGES[len(self.times)][1]
            self.times.append(at)
            self.clear()
            if words == PANIC:
                words = paint("1;31", text[text.index("Kernel panic"):])
            else:
                words = bold(words)
            print(f"   {at:5.1f} s  {words}", flush=True)
        elif text.startswith("kdump-capture: "):
            self.clear()
            # The console's own words, folded rather than cut: the numbers stand at the end.
            for line in textwrap.wrap(text.removeprefix("kdump-capture: "), self.width - 15, subsequent_indent="  "):
                print(f"            {dim(line)}", flush=True)


def heading(text, note=""):
    print(f"\n{bold(text)}{dim('   ' + note) if note else ''}")


def row(name, value):
    print(f"   {name:<12}{value}")


def show(folder, summary, times):
    collector = summary["collector"]
    pages = collector["pages"]
    memory, dump = summary["bytes"]["memory"], summary["bytes"]["dump"]
    boot, _, loaded, panic, capture, dmesg, saved, reboot = times

    heading("What happened")
    row("panic", paint("1;31", summary["panic_line"]))
    row("cause", summary["panic_cause"])
    row("kernel", f"{summary['kernel_release']} on {summary['host']}, up {summary['panic_uptime']:.1f} s")

    heading("What was saved")
    row("dump", f"{bold(size(dump))} of {size(memory)} memory: {memory / dump:.0f} times smaller "
        f"({collector['compression']}, dump level {collector['dump_level']})")
    row("pages", f"kept {pages['kept']} of {pages['total']}; dropped {pages['free']} free, "
        f"{pages['cache'] + pages['cache_private']} cache, {pages['user']} user")
    row("files", ", ".join(f"{path.name} {size(path.stat().st_size)}" for path in sorted(folder.iterdir())))
    row("memory", f"the capture kernel had {size(summary['memory']['total_kib'] * 1024)}; at worst "
        f"{size(summary['memory']['lowest_available_kib'] * 1024)} of it were still free")

    heading("Seconds", "software emulation without KVM; a real machine is far faster")
    for text, begin, end in (("boot, workload and load", boot, loaded), ("panic to the capture kernel", panic, capture),
                             ("panic to the log on disk", panic, dmesg), ("panic to the dump on disk", panic, saved),
                             ("panic to the reboot", panic, reboot)):
        print(f"   {text:<30}{end - begin:6.1f}")


def show_commands(vmlinux):
    latest = os.path.relpath(DEMO / "latest")
    debug = os.path.relpath(vmlinux)
    heading("Open it")
    print(f"   less {latest}/dmesg.txt")
    if not vmlinux.exists():
        print("   tests/vm/fetch_kernel.py --debug cloud-6.1" + dim("   # the kernel's debug information, 280 MB"))
    print(f"   vmlinux={debug}")
    print(f"   drgn -c {latest}/vmcore -s $vmlinux" + dim("   # package python3-drgn"))
    print(f"   crash $vmlinux {latest}/vmcore" + dim("   # package crash; Debian 12's lists 3 tasks of any dump"))


def run_watched(guest):
    """The times of the stages; the reason if the guest did not reach the last one, otherwise None."""
    failure = []

    def run():
        try:
            guest.run()
        except (RuntimeError, OSError) as error:
            failure.append(str(error))

    thread = threading.Thread(target=run)
    watcher = Watcher()
    thread.start()
    watcher.follow(guest, thread)
    thread.join()
    if not failure and len(watcher.times) < len(STAGES):
        failure.append(f"the guest ended before this: {STAGES[len(watcher.times)][1]}")
    return watcher.times, failure[0] if failure else None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--syscall", default="kexec_load", choices=("kexec_load", "kexec_file_load"))
    arguments = parser.parse_args()

    print("3. A kernel to panic, downloaded once", flush=True)
    place = cycle.Place(fetch_kernel.TOP / "build/release/bin", DEMO / "run", "cloud-6.1")
    row("kernel", f"Debian's {place.kernel.release}")
    disk = Disk(place.work / "disk.img", 512)
    guest = place.guest_that_panics("guest", disk, arguments.syscall)
    row("initramfs", f"{size((guest.work / 'capture.img').stat().st_size)}, made by kdumpkit build; no shell inside")

    print(f"4. The panic, in QEMU: 2 CPUs, 1 GiB, {arguments.syscall}", flush=True)
    times, failure = run_watched(guest)
    if failure:
        sys.exit(f"demo: {failure}\n  next: read {guest.work}/console.txt")
    crash = disk.read_back()
    if crash is None:
        sys.exit(f"demo: no dump on the disk\n  next: read {guest.work}/console.txt")

    found = cycle.only_dump(crash)
    folder = DEMO / found.name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.move(found, folder)
    latest = DEMO / "latest"
    latest.unlink(missing_ok=True)
    latest.symlink_to(folder.name)
    show(folder, cycle.read_json(folder / "summary.json"), times)
    vmlinux = fetch_kernel.KERNELS / "cloud-6.1/debug/usr/lib/debug/boot" / f"vmlinux-{place.kernel.release}"
    show_commands(vmlinux)
    print(f"\nThe dump is in {bold(os.path.relpath(folder))}")


if __name__ == "__main__":
    main()
