#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The boot after two panics, one whose dump is in a folder and one on a raw partition: what kdumpkit record, list and
status say of them, and kdumpkit forward, which brings both to an SSH and to an NFS server. Record and forward run as
the services that systemd confines."""
import hashlib
import json
import pathlib
import subprocess
import sys
import unittest

import cycle
import installed
import netguest
import test_systemd
from disk import make_raw
from guest import Guest, libraries
from nfs_server import NfsServer
from shipping import HOST, known_hosts
from test_stores import raw_files, raw_header

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "send"))
from servers import Sshd  # noqa: E402

place = None
MODULES = ("virtio_pci", "virtio_net", "nfs", "nfsv4")
FOLDER, RAW = "20261123T010203Z-host", "20261124T010203Z-host"
SUMMARY = b'{"complete": true, "panic_line": "Kernel panic - not syncing: %s"}\n'
IN_FOLDER = {"dmesg.txt": b"words of the first\n", "vmcore": bytes(range(256)) * 8192,
             "summary.json": SUMMARY % b"first"}
ON_PARTITION = {"dmesg.txt": b"words of the second\n", "summary.json": SUMMARY % b"second",
                "vmcore.flat": bytes(range(255, -1, -1)) * 20000}
BOOT = test_systemd.MACHINE + """
ip link set lo up
for path in /sys/class/net/*; do
    nic=${path##*/}
    [ "$(cat $path/address)" = 52:54:00:4b:44:01 ] && ip link set $nic up && ip addr add 10.0.2.15/24 dev $nic
done
""" + test_systemd.boot()
WORK = test_systemd.PATH + """
export PATH=/bin:/usr/bin:/usr/sbin
run list kdumpkit list
run start systemctl start kdumpkit-record.service
sleep 1
run record journalctl -o cat -u kdumpkit-record.service
run again kdumpkit record
run status kdumpkit status
run plan kdumpkit forward --dry-run
run forward systemctl start kdumpkit-forward.service
sleep 1
run log journalctl -o cat -u kdumpkit-forward.service
run mounts cat /proc/mounts
run after kdumpkit list --json
run nothing kdumpkit forward
poweroff -f
"""


def partition():
    """A raw partition with a whole dump, written by hand."""
    content, rows, at = b"", [], 4096
    for name, data in ON_PARTITION.items():
        rows.append((name.encode(), at, len(data), hashlib.sha256(data).digest()))
        content += data.ljust(-(-len(data) // 4096) * 4096 + 4096, b"\0")
        at = 4096 + len(content)
    return raw_header(RAW.encode(), 1, rows) + content


class Forward(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        home = place.work / "server"
        subprocess.run(["rm", "-rf", home], check=True)
        cls.ssh = Sshd(home).start()
        cls.addClassCleanup(cls.ssh.kill)
        cls.nfs = NfsServer(place.work / "nfs")
        cls.nfs.__enter__()
        cls.addClassCleanup(cls.nfs.__exit__)
        # What an earlier try left there: half of it, and another file.
        cls.there = cls.nfs.export / RAW
        cls.there.mkdir()
        (cls.there / "vmcore.flat.incomplete").write_bytes(ON_PARTITION["vmcore.flat"][:3000000])
        (cls.there / "dmesg.txt.incomplete").write_bytes(b"something else, and longer")
        cls.urls = [f"sftp://{cls.ssh.user}@{HOST}:{cls.ssh.port}{cls.ssh.data}?key=/etc/key&known_hosts=/etc/known",
                    f"nfs://{HOST}:{cls.nfs.port}/export"]
        cls.places = [cls.urls[0].partition("?")[0], cls.urls[1]]
        cls.disk = make_raw(place.work / "raw.img", 32, partition())
        work = place.work / "files"
        files = installed.files_of(place, WORK)
        files.update(netguest.module_files(place.kernel, *MODULES))
        targets = json.dumps(["file:///var/crash", "raw:/dev/vda", *cls.urls])
        for name, data in {"etc/kdumpkit.toml": f"target = {targets}\n".encode(),
                           "etc/key": cls.ssh.user_key.read_bytes(),
                           **{f"var/crash/{FOLDER}/{one}": data for one, data in IN_FOLDER.items()}}.items():
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            (work / name).write_bytes(data)
            files[name] = work / name
        files["etc/known"] = known_hosts(home / "known", cls.ssh.port, cls.ssh.host_key)
        files.update({library: library for library in libraries(place.program("kdump-send"))})
        cls.guest = Guest(place.work / "forward", place.kernel, netguest.load(place.kernel, *MODULES) + BOOT,
                          files=files, disks=[cls.disk], programs=installed.PROGRAMS, qemu=netguest.nic(),
                          append="").run(300)

    def said(self, name, code=0):
        status, output = self.guest.result(name)
        self.assertEqual(status, code, f"{name}: {output}")
        return output

    def test_the_raw_dump_is_one_of_all(self):
        lines = self.said("list").splitlines()
        self.assertEqual([line.split()[0] for line in lines], [RAW, FOLDER])
        self.said("start")
        record = self.said("record")
        self.assertIn(f"/dev/vda/{RAW}", record)
        self.assertLess(record.index(FOLDER), record.index(RAW))
        self.assertIn("nothing new was captured", self.said("again"))
        self.assertIn("Kernel panic - not syncing: second", self.said("status", 3))
        self.assertEqual(len(self.said("plan").splitlines()), 4)

    def test_both_servers_have_both_dumps(self):
        self.said("forward")
        self.assertEqual(len([line for line in self.said("log").splitlines() if line.startswith("shipped ")]), 4)
        for top in (self.ssh.data, self.nfs.export):
            for name, files in ((FOLDER, IN_FOLDER), (RAW, ON_PARTITION)):
                self.assertEqual({path.name: path.read_bytes() for path in (top / name).iterdir()}, files)

    def test_they_are_marked_and_nothing_is_sent_twice(self):
        dumps = json.loads(self.said("after"))["dumps"]
        self.assertEqual([dump["shipped"] for dump in dumps], [self.places, self.places])
        self.assertEqual(self.said("nothing"), "nothing to ship")
        flags, name, files = raw_files(self.disk.path.read_bytes())
        self.assertEqual((flags, name), (3, RAW))  # the next capture may write over it
        self.assertEqual(json.loads(files.pop("shipped.json"))["to"], self.places)
        self.assertEqual(files, ON_PARTITION)

    def test_the_export_was_mounted_for_it_alone(self):
        self.assertIn("mounted", self.said("log"))
        self.assertNotIn(" nfs", self.said("mounts"))


if __name__ == "__main__":
    cycle.main()
