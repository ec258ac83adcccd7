# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest that runs a real kernel in QEMU with a shell script as its init; its serial console, line by line."""
import pathlib
import re
import shlex
import subprocess
import sys
import threading
import time

import fetch_kernel
import newc

# What every guest does first. All that the script says goes through the kernel's log, so that it never mixes with the
# kernel's own lines and must turn up in the dump's dmesg.txt.
PRELUDE = """#!/bin/busybox sh
/bin/busybox mkdir -p /bin /proc /sys /dev /tmp /run /mnt
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
say() { echo "guest: $*" >/dev/kmsg; }
# run NAME COMMAND...: its output and exit status as lines of the log
run() {
    name=$1
    shift
    "$@" </dev/null >/tmp/$name.out 2>&1
    status=$?
    while IFS= read -r line || [ -n "$line" ]; do
        echo "run $name: $line" >/dev/kmsg
    done </tmp/$name.out
    echo "run $name exit $status" >/dev/kmsg
}
hostname vm-guest
"""
INIT_LINE = "] Run /init as init process"
BOOT_DEADLINE = 150  # seconds to that line
# One CPU meets the int3 of another's text_poke_bp(), whose handler no longer knows it.
EMULATED_AWAY = "Oops: int3"
KERNEL_LINE = re.compile(r"^\[ *\d+\.\d{6}\] ")
# Order matters: each needs those before it.
DISK_MODULES = ("virtio_ring", "virtio", "virtio_pci_modern_dev", "virtio_pci_legacy_dev", "virtio_pci", "virtio_blk")


class Kernel:
    """An unpacked kernel package, and the processor that it wants."""

    def __init__(self, root, cpu="max"):
        self.root = pathlib.Path(root)
        self.image, self.release = fetch_kernel.image_of(self.root)
        self.cpu = cpu

    def load_order(self, *names):
        """The files of these modules and of all that they need, each after what it needs (modules.dep)."""
        folder = self.root / "lib/modules" / self.release
        needs = {}
        for line in (folder / "modules.dep").read_text().splitlines():
            path, _, others = line.partition(":")
            needs[pathlib.Path(path).name.split(".")[0].replace("-", "_")] = [folder / path, others.split()]
        order = []
        for name in names:
            path, others = needs[name]
            # Nearest first in the file: the last is what has to be loaded first.
            order += [folder / other for other in reversed(others)] + [path]
        return list(dict.fromkeys(order))

    def module(self, name):
        return next((self.root / "lib/modules" / self.release).rglob(name + ".ko"))


def libraries(program):
    """The shared libraries that `program` is started with, the interpreter among them."""
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    if "not found" in listed:
        raise RuntimeError(f"ldd {program}: {listed}")
    return re.findall(r"(?:=> |^\s+)(/\S+) \(0x", listed, re.MULTILINE)


class Guest:
    """`files`: path in the guest -> path here. `programs`: installed in /bin with their libraries. `cpu`: further
    features for QEMU's -cpu ("-la57")."""

    def __init__(self, work, kernel, script, *, programs=(), files=None, disks=(), append="crashkernel=192M",
                 memory=1024, cpus=2, cpu="", qemu=()):
        self.work = pathlib.Path(work)
        self.work.mkdir(parents=True, exist_ok=True)
        self.kernel, self.disks, self.append, self.memory, self.qemu = kernel, disks, append, memory, qemu
        self.cpus, self.cpu = cpus, ",".join(filter(None, (kernel.cpu, cpu)))
        self.lines = []
        self.process = None
        self.when = {}  # text -> what to do once a line contains it
        self._make_initramfs(script, programs, files or {})

    def _make_initramfs(self, script, programs, files):
        archive = newc.Archive()
        archive.character_device("dev/console", 5, 1)
        archive.copy("bin/busybox", "/bin/busybox")
        for program in programs:
            archive.copy(f"bin/{pathlib.Path(program).name}", program)
            for library in libraries(program) if is_dynamic(program) else ():
                archive.copy(library, library)
        for name, path in files.items():
            archive.copy(name, path)
        load = ""
        if any(disk.bus == "virtio" for disk in self.disks):
            for module in DISK_MODULES:
                archive.copy(f"modules/{module}.ko", self.kernel.module(module))
                load += f"insmod /modules/{module}.ko\n"
        archive.file("init", (PRELUDE + load + script).encode())
        self.initramfs = self.work / "guest.cpio"
        archive.write(self.initramfs)

    def command(self):
        # no_timer_check: on a busy machine the emulated timer is late, and the kernel takes it for broken.
        append = f"console=ttyS0 panic=-1 printk.devkmsg=on no_timer_check {self.append}"
        # TCG on purpose: /dev/kvm may exist and hang.
        return ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", self.cpu, "-smp", str(self.cpus),
                "-m", str(self.memory), "-nographic", "-no-reboot", "-nic", "none", "-kernel", str(self.kernel.image),
                "-initrd", str(self.initramfs), "-append", append,
                *(word for disk in self.disks for word in disk.qemu()), *self.qemu]

    def run(self, deadline=240):
        """Until the machine reboots or powers off. A guest that does neither is killed, and that is an error. One whose
        production kernel hangs before it comes to its init, or dies of the breakpoint with which it patches itself, has
        tested nothing of ours: on a busy machine QEMU's emulation does that now and then. It is started up to three
        times."""
        for left in (2, 1, 0):
            came = self._run(min(deadline, BOOT_DEADLINE) if left else deadline, deadline)
            if left == 0 or (came and EMULATED_AWAY not in self.text()):
                return self
            print(f"{self.work.name}: the production kernel did not live; once more", file=sys.stderr, flush=True)
            self.lines.clear()

    def _run(self, boot_deadline, deadline):
        """False: it did not come to its init before `boot_deadline`, which is before `deadline`."""
        begin, when = time.monotonic(), dict(self.when)
        (self.work / "qemu.sh").write_text(shlex.join(self.command()) + "\n")
        with open(self.work / "console.txt", "w", encoding="utf-8") as log, subprocess.Popen(
                self.command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            self.process = process
            expired, booted = threading.Event(), threading.Event()
            timers = [threading.Timer(deadline, lambda: (expired.set(), process.kill())),
                      threading.Timer(boot_deadline, lambda: booted.is_set() or process.kill())]
            for timer in timers:
                timer.start()
            for raw in process.stdout:
                line = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1bc", "", raw.decode(errors="replace")).rstrip("\r\n")
                stamp = time.monotonic() - begin
                self.lines.append((stamp, line))
                log.write(f"{stamp:8.3f} {line}\n")
                log.flush()
                if INIT_LINE in line:
                    booted.set()
                for text in [text for text in when if text in line]:
                    when.pop(text)()
            for timer in timers:
                timer.cancel()
        if not booted.is_set() and process.returncode < 0 and boot_deadline < deadline:
            return False
        if process.returncode < 0 and (expired.is_set() or not booted.is_set()):
            raise RuntimeError(f"the guest did not end within {deadline} s; its console: {self.work}/console.txt")
        if process.returncode != 0:
            raise RuntimeError(f"qemu ended with {process.returncode}; its words: {self.work}/console.txt")
        return True

    def type(self, text):
        """Keys on the console of the guest that runs."""
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def text(self):
        return "\n".join(line for _, line in self.lines)

    def kernel_lines(self, boot=0):
        """The kernel's lines of one boot (0: the production kernel, 1: the capture kernel)."""
        starts = [index for index, (_, line) in enumerate(self.lines) if "] Linux version " in line]
        if boot >= len(starts):
            return []
        end = starts[boot + 1] if boot + 1 < len(starts) else len(self.lines)
        return [line for _, line in self.lines[starts[boot]:end] if KERNEL_LINE.match(line)]

    def captured(self):
        """What kdump-capture said, without its prefix, in order."""
        prefix = "kdump-capture: "
        return [line[len(prefix):] for _, line in self.lines if line.startswith(prefix)]

    def result(self, name):
        """(exit status, output) of `run NAME` in the script; status None if it did not end."""
        output = re.findall(rf"\] run {name}: (.*)", self.text())
        status = re.search(rf"\] run {name} exit (\d+)", self.text())
        return (int(status.group(1)) if status else None), "\n".join(output)

    def seconds_between(self, first, last):
        """Host seconds between the first lines that contain these texts; for reports, not for verdicts."""
        stamps = [next((at for at, line in self.lines if text in line), None) for text in (first, last)]
        return None if None in stamps else stamps[1] - stamps[0]


def is_dynamic(program):
    headers = subprocess.run(["readelf", "-l", program], capture_output=True, text=True, check=True).stdout
    return "INTERP" in headers
