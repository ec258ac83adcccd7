#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A panic whose dump goes to OpenSSH: one target has the wrong key of its server, the next one the right one."""
import pathlib
import shutil
import subprocess
import sys
import unittest

import cycle
import netguest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "send"))
from servers import Sshd  # noqa: E402

import kdump_reader  # noqa: E402

place = None
LOAD = "run load kdumpkit load --kernel /kernel --initrd /initrd\n"
HOST = "10.0.2.2"  # the host's loopback, in QEMU's user network


def known_hosts(path, port, key):
    kind, text = key.with_suffix(".pub").read_text().split()[:2]
    path.write_text(f"[{HOST}]:{port} {kind} {text}\n")
    return path


def root_with_keys(root, server):
    """The kernel's files, and in /etc the user's key and two lists of known hosts: files that a target names are those
    of the root that the image is built for."""
    subprocess.run(["rm", "-rf", root], check=True)
    root.mkdir(parents=True)
    for name in ("boot", "lib"):
        subprocess.run(["cp", "-a", place.kernel.root / name, root / name], check=True)
    (root / "etc").mkdir()
    shutil.copy(server.user_key, root / "etc/key")
    known_hosts(root / "etc/right", server.port, server.host_key)
    known_hosts(root / "etc/wrong", server.port, server.make_key("stranger"))
    return root


class Send(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        work = place.work.resolve()
        subprocess.run(["rm", "-rf", work / "server"], check=True)
        cls.server = Sshd(work / "server").start()
        cls.addClassCleanup(cls.server.kill)
        root = root_with_keys(work / "root", cls.server)
        url = f"sftp://{cls.server.user}@{HOST}:{cls.server.port}{cls.server.data}"
        targets = [f"{url}/{folder}?key=/etc/key&known_hosts=/etc/{names}"
                   for folder, names in (("elsewhere", "wrong"), ("crash", "right"))]
        image = place.build(work / "capture.img", targets, netguest.STATIC, modules="virtio_pci,virtio_net",
                            root=root)
        cls.guest = place.guest("send", LOAD + cycle.PANIC, image, qemu=netguest.nic()).run()

    def test_dump_is_on_the_server(self):
        folder = cycle.only_dump(self.server.data / "crash")
        self.assertGreater((folder / "dmesg.txt").stat().st_size, 1000)
        self.assertIs(cycle.read_json(folder / "summary.json")["complete"], True)
        sent = [path for path in folder.iterdir() if path.name.startswith("vmcore")]
        self.assertEqual(len(sent), 1, sorted(folder.iterdir()))
        whole = place.work / "vmcore"
        whole.unlink(missing_ok=True)
        with sent[0].open("rb") as stream:
            subprocess.run([place.program("makedumpfile-lite"), "-R", whole], stdin=stream, check=True)
        dump = kdump_reader.KdumpFile(whole)
        self.assertEqual(dump.utsname["release"], place.kernel.release)
        self.assertGreater(dump.count(), 1000)

    def test_nothing_went_to_a_server_with_another_key(self):
        self.assertFalse((self.server.data / "elsewhere").exists())
        self.assertIn("another one than in known_hosts", "\n".join(self.guest.captured()))

    def test_it_rebooted(self):
        self.assertRegex("\n".join(self.guest.captured()), r"done after .*: reboot\nrebooting$")


if __name__ == "__main__":
    cycle.main()
