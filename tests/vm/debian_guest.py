# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest that boots a whole Debian from its own disk, through its own boot loader, as often as it likes, until it
powers off. A second disk has the packages under test and what to do after each boot."""
import pathlib
import platform
import re
import shutil
import subprocess

from debian_image import DebianImage, build_root
from disk import ENVIRONMENT, Disk
from fetch_kernel import TOP
from guest import Guest

# Sourced by steps.service. run: as in guest.PRELUDE; its output and exit status as lines of the kernel's log.
NEXT = r"""
say() { echo "guest: $*" >/dev/kmsg; }
run() {
    name=$1
    shift
    "$@" </dev/null >/tmp/run.out 2>&1
    status=$?
    while IFS= read -r line || [ -n "$line" ]; do
        echo "run $name: $line" >/dev/kmsg
    done </tmp/run.out
    echo "run $name exit $status" >/dev/kmsg
}
step=$(cat /steps/step)
echo $((step + 1)) >/steps/step
sync
say "step $step in Linux $(uname -r)"
say "boot $(cat /proc/sys/kernel/random/boot_id)"
cd /root
if [ -e /steps/step-$step ]; then
    . /steps/step-$step
else
    say "there is no step $step"
    poweroff
fi
"""

PANIC = """
sync
say about to panic
echo c >/proc/sysrq-trigger
"""


def dependencies(debs):
    """Names of the packages that `debs` need besides each other."""
    fields = [subprocess.run(["dpkg-deb", "-f", deb, "Depends"], capture_output=True, text=True, check=True).stdout
              for deb in debs]
    own = {deb.name.removesuffix(".deb").split("_")[0] for deb in debs}
    return {name for name in re.findall(r"(?:^|, )([a-z0-9.+-]+)", ", ".join(fields))} - own


class DebianGuest(Guest):
    """`steps`: a shell script for each boot; the packages are in /steps. `image` is copied, not written to."""

    def __init__(self, work, image, debs, steps, memory=2048):
        # pylint: disable=super-init-not-called
        self.work = pathlib.Path(work)
        self.work.mkdir(parents=True, exist_ok=True)
        self.lines, self.when, self.memory = [], {}, memory
        self.disk = self.work / "disk.img"
        subprocess.run(["cp", "--sparse=always", "--reflink=auto", image, self.disk], check=True)
        files = {deb.name: deb.read_bytes() for deb in debs}
        files.update({f"step-{number}": text.encode() for number, text in enumerate(steps)})
        self.steps = Disk(self.work / "steps.img", 64, {"next": NEXT.encode(), "step": b"0\n", **files})
        subprocess.run(["e2label", self.steps.path, "steps"], check=True, env=ENVIRONMENT)

    def command(self):
        # 6.12.107 and its like crash when this emulates cmpxchg16b; with 5 levels of paging a boot by GRUB once hung
        # before its first message.
        return ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max,-cx16,la57=off", "-smp", "2", "-m",
                str(self.memory), "-nographic", "-nic", "none",
                "-drive", f"file={self.disk},format=raw,if=virtio,cache=unsafe", *self.steps.qemu()]

    def step(self, number):
        """The lines from the begin of step `number` to that of the next one."""
        at = [index for index, (_, line) in enumerate(self.lines)
              if re.search(rf"\] guest: step ({number}|{number + 1}) in Linux ", line)]
        return self.lines[at[0]:at[1] + 1 if len(at) > 1 else None] if at else []

    def boots(self):
        """The boot IDs of the steps, in order."""
        return re.findall(r"\] guest: boot (\S+)", self.text())

    def after_panic(self, number):
        """Seconds of this machine's clock from the panic that step `number` ends with: until the crashed kernel's log
        is written, the boot loader runs (not after a kexec), production's kernel, the services that wait for no kdump,
        and the next step, when the services of kdump have started, too: guarded again."""
        lines = self.step(number)
        panic = next(at for at, line in lines if "] guest: about to panic" in line)
        kernels = [at for at, line in lines if at > panic and "] Linux version " in line]
        moments = {name: [at for at, line in lines if at > panic and re.search(pattern, line)] for name, pattern in (
            ("log", r"saved dmesg"), ("loader", r"^GRUB loading"), ("services", r"\] guest: services are up"))}
        moments.update({"kernel": kernels[-1:], "guarded": [lines[-1][0]]})
        return {name: found[0] - panic for name, found in moments.items() if found}

    def tell_after_panic(self, name, number):
        """Prints what after_panic() says, and returns it."""
        moments = self.after_panic(number)
        print(f"{name}: seconds from the panic: " + ", ".join(f"{what} {at:.1f}" for what, at in moments.items()))
        return moments

    def forget(self):
        """Gives the room of its disks back."""
        for path in (self.disk, self.steps.path):
            path.unlink()


def build_packages(version, folder):
    """The packages of this tree for that Debian, in `folder` without versions in their names."""
    command, out = [TOP / "packaging/build-deb"], TOP / "build/packages"
    if version != platform.freedesktop_os_release().get("VERSION_ID"):
        home = TOP / f"build/vm/debian-{version}"
        out = home / "packages"
        command += ["--root", build_root(version, home / "build-root"), out]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    debs = []
    for path in sorted(out.glob("*.deb")):
        debs.append(folder / (path.name.split("_")[0] + ".deb"))
        shutil.copyfile(path, debs[-1])
    return debs


def make_image(version, debs):
    """(the image's path, what is on it) for these packages under test; kdump-tools can be installed on it, too, with
    makedumpfile, which it only recommends and captures nothing without."""
    return DebianImage(version, TOP / f"build/vm/debian-{version}",
                       {*dependencies(debs), "kdump-tools", "makedumpfile"}).make()
