# SPDX-License-Identifier: GPL-2.0-or-later
"""What the VM tests share: where things are, building a capture initramfs, and one whole panic."""
import argparse
import copy
import json
import pathlib
import shutil
import subprocess
import sys
import unittest

import fetch_kernel
from guest import Guest, Kernel

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "oracle"))

# A target whose disk no machine has.
ABSENT = "file:///crash?fs=UUID=00000000-1111-2222-3333-444444444444&type=ext4"
WORKLOAD = """
mount -t tmpfs none /tmp
mount -t ext4 /dev/vda /mnt
vm-workload anon 48 &
vm-workload anon 16 &
vm-workload file 24 /mnt/pages &
vm-workload map 8 /mnt/mapped &
vm-workload file 12 /tmp/pages &
for i in 1 2 3; do sleep 1000 & done
while [ "$(ps | grep -c '[v]m-workload ')" -lt 5 ] || ! [ -s /mnt/mapped ]; do usleep 100000; done
until [ "$(stat -c %s /tmp/pages)" -ge 12582912 ] && [ "$(stat -c %s /mnt/pages)" -ge 25165824 ]; do usleep 100000; done
sync
say marker one two three
"""
PANIC = """
say about to panic
echo c >/proc/sysrq-trigger
"""


class Place:
    """The programs under test and a folder for the files of one test script."""

    def __init__(self, programs, work, kernel_name):
        self.programs = pathlib.Path(programs).resolve()
        self.work = pathlib.Path(work).resolve()
        self.work.mkdir(parents=True, exist_ok=True)
        self.kernel_name = kernel_name
        self.kernel = Kernel(fetch_kernel.fetch(kernel_name), fetch_kernel.entry_of(kernel_name).cpu)

    def program(self, name):
        return str(self.programs / name)

    def kdumpkit(self, *arguments):
        return subprocess.run([self.program("kdumpkit"), *map(str, arguments)], capture_output=True, text=True,
                              check=False)

    def build(self, output, target, settings=None, modules="virtio_pci,virtio_blk", extra=(), root=None):
        """The capture initramfs at `output`."""
        arguments = ["build", "-o", output, "--root", root or self.kernel.root, "--kver", self.kernel.release,
                     "--modules", modules, "--host", "vm-guest", *extra]
        for one in [target] if isinstance(target, str) else target:
            arguments += ["--target", one]
        if settings:
            config = pathlib.Path(output).with_suffix(".toml")
            config.write_text(settings)
            arguments += ["--config", config]
        done = self.kdumpkit(*arguments)
        if done.returncode != 0:
            raise RuntimeError(f"kdumpkit build: {done.stderr}")
        return output

    def files_to_build(self):
        """What `kdumpkit build` reads in a guest: path there: path here. Of the modules only those of virtio disks."""
        modules = self.kernel.root / "lib/modules" / self.kernel.release
        wanted = [path for path in modules.rglob("*") if path.is_file()
                  and (path.parent == modules or path.parent.name in ("virtio", "block"))]
        wanted.append(self.kernel.root / f"boot/config-{self.kernel.release}")
        return {str(path.relative_to(self.kernel.root)): path for path in wanted}

    def with_programs(self, folder, programs):
        """This place with further programs, path: content, in the root of its kernel, copied to `folder`."""
        root = self.work / folder
        shutil.rmtree(root, ignore_errors=True)
        subprocess.run(["cp", "-al", self.kernel.root, root], check=True)
        for path, content in programs.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).unlink(missing_ok=True)  # never through a link into the kernel's own root
            (root / path).write_bytes(content)
            (root / path).chmod(0o755)
        altered = copy.copy(self)
        altered.kernel = copy.copy(self.kernel)
        altered.kernel.root = root
        return altered

    def guest(self, name, script, initrd=None, **options):
        """A guest with kdumpkit and the workload; the capture kernel and `initrd` are /kernel and /initrd in it."""
        files = {"kernel": self.kernel.image}
        if initrd:
            files["initrd"] = initrd
        files.update(options.pop("files", {}))
        programs = [self.program(one) for one in ("kdumpkit", "vm-workload", *options.pop("programs", ()))]
        return Guest(self.work / name, self.kernel, script, files=files, programs=programs, **options)

    def guest_that_panics(self, name, disk, syscall="auto", settings=None, workload=WORKLOAD, **options):
        """A guest that boots, loads and panics; its capture goes to `disk`. Further disks in options["disks"]."""
        folder = self.work / name
        folder.mkdir(parents=True, exist_ok=True)
        initrd = self.build(folder / "capture.img", options.pop("target", disk.target()), settings,
                            extra=options.pop("build", ()))
        load = f"run load kdumpkit load --kernel /kernel --initrd /initrd --syscall {syscall}\n"
        script = workload + load + "run status kdumpkit status\n" + PANIC
        return self.guest(name, script, initrd, disks=[disk, *options.pop("disks", ())], **options)

    def panic(self, name, disk, *arguments, **options):
        """Boot, load, panic, capture, reboot, as guest_that_panics says."""
        return self.guest_that_panics(name, disk, *arguments, **options).run()


def only_dump(folder):
    """The one dump folder below `folder`."""
    folders = [path for path in folder.iterdir() if path.is_dir()]
    if len(folders) != 1:
        raise AssertionError(f"expected one dump folder, found {sorted(path.name for path in folders)}")
    return folders[0]


def read_json(path):
    return json.loads(path.read_text())


def discard_large_files(work, kept):
    """A test that passed leaves its consoles and reports; its disks, initramfs and dumps would fill the build's disk.
    `kept`: names of folders in `work` that other tests or the next run read."""
    for path in work.rglob("*"):
        if path.relative_to(work).parts[0] not in kept and not path.is_symlink() and path.is_file() \
                and path.stat().st_blocks * 512 >= 1 << 20:
            path.unlink()


def main(kept=("raw",)):
    """Every test script ends with this: --programs and --work, the rest is unittest's. A skip is a failure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", default=str(fetch_kernel.TOP / "build/release/bin"))
    parser.add_argument("--work", required=True)
    parser.add_argument("--kernel", default="cloud-6.1")
    arguments, rest = parser.parse_known_args()
    module = sys.modules["__main__"]
    module.place = Place(arguments.programs, arguments.work, arguments.kernel)
    result = unittest.main(argv=[sys.argv[0], "-v", *rest], exit=False).result
    passed = result.wasSuccessful() and result.testsRun and not result.skipped
    if passed and not rest:  # a chosen part of a script is someone looking into it
        discard_large_files(module.place.work, kept)
    sys.exit(0 if passed else 1)
