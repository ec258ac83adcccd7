# SPDX-License-Identifier: GPL-2.0-or-later
"""One panic whose dump goes to servers on this machine's loopback, and what must be true of it afterwards."""
import functools
import re
import shutil
import subprocess

import cycle
import netguest
import outcomes

from kdump_reader import KdumpFile

HOST = "10.0.2.2"  # this machine's loopback, in QEMU's user network
LOAD = "run load kdumpkit load --kernel /kernel --initrd /initrd\n"
SETTINGS = "[capture]\nstall_timeout = 10\ndevice_timeout = 5\n" + netguest.STATIC


def known_hosts(path, port, key, host=HOST):
    kind, text = key.with_suffix(".pub").read_text().split()[:2]
    path.write_text(f"[{host}]:{port} {kind} {text}\n")
    return path


def root_with(place, root, files):
    """The kernel's files, and those that targets and settings name (path there -> path here): they are those of the
    root that an image is built for."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    for name in ("boot", "lib"):
        subprocess.run(["cp", "-al", place.kernel.root / name, root / name], check=True)
    for name, path in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, root / name)
    return root


def ship(place, name, targets, files, *, settings=SETTINGS, disks=(), qemu=(), when=None, workload="", memory=1024,
         modules="virtio_pci,virtio_net,virtio_blk", guest_files=None, append=""):
    """Boots, loads, panics, captures to `targets`, reboots. `when`: text on the console -> what to do with the
    guest. `append`: further parameters of production's kernel."""
    work = place.work / name
    root = root_with(place, work / "root", files)
    image = place.build(work / "capture.img", targets, settings, modules=modules, root=root)
    guest = place.guest(name, workload + LOAD + cycle.PANIC, image, disks=list(disks), memory=memory,
                        append=f"crashkernel=192M {append}",
                        qemu=[*netguest.nic(), *qemu], files=guest_files or {})
    guest.when = {text: functools.partial(act, guest) for text, act in (when or {}).items()}
    return guest.run()


def rearranged(place, flat, out):
    """The dump that was sent as a stream of flattened records."""
    out.unlink(missing_ok=True)
    with flat.open("rb") as stream:
        subprocess.run([place.program("makedumpfile-lite"), "-R", out], stdin=stream, check=True, capture_output=True)
    return out


def check_folder(test, place, folder):
    """All that belongs to a complete dump is in it, and the dump can be read to its last page."""
    test.assertIn("Kernel panic - not syncing: sysrq triggered crash", (folder / "dmesg.txt").read_text())
    test.assertIs(cycle.read_json(folder / "summary.json")["complete"], True)
    test.assertTrue((folder / "capture.log").stat().st_size)
    sent = [path for path in folder.iterdir() if path.name in ("vmcore", "vmcore.flat")]
    test.assertEqual(len(sent), 1, sorted(folder.iterdir()))
    dump = sent[0]
    if dump.name == "vmcore.flat":
        dump = rearranged(place, dump, place.work / "rearranged")
    read = KdumpFile(dump)
    test.assertEqual(read.utsname["release"], place.kernel.release)
    test.assertTrue(read.whole())
    return dump


def check_end(test, guest, action="reboot", most=120):
    """It came to its end, in time: the seconds that it says itself; those of this machine are for the table."""
    said = "\n".join(guest.captured())
    words = {"reboot": "rebooting", "poweroff": "powering off"}[action]
    test.assertRegex(said, rf"(done|ended with.*|ended without.*) after [\d.]+ s: {action}\n{words}$")
    test.assertLess(float(re.findall(r" after ([\d.]+) s: ", said)[-1]), most)
    return said


def check_next_disk(test, place, guest, disk, expected, fault, most=120):
    """The server failed as `expected` (a regular expression) says, the disk has all, its log the server's failure."""
    said = check_end(test, guest, most=most)
    test.assertRegex(said, expected)
    folder = cycle.only_dump(disk.read_back())
    check_folder(test, place, folder)
    test.assertRegex((folder / "capture.log").read_text(), expected)
    outcomes.record(place, fault, guest, "all on the next target")
