#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Servers and networks that fail under a dump, each in a panic of its own: what was saved where, what the log says,
that the machine went on to its end and how long that took."""
import pathlib
import subprocess
import sys
import unittest

import cycle
import outcomes
from disk import Disk
from nfs_server import NfsServer
from relay import LossyCable, Relay
from shipping import HOST, SETTINGS, check_end, check_folder, check_next_disk, known_hosts, ship

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "send"))
from servers import Authority, Nginx, Sshd, free_port  # noqa: E402

from kdump_reader import KdumpFile  # noqa: E402

place = None
MIB = 1 << 20


class SshFaults(unittest.TestCase):
    """A target over SFTP that fails, and a disk as the next."""

    @classmethod
    def setUpClass(cls):
        subprocess.run(["rm", "-rf", place.work / "sshd"], check=True)
        cls.server = Sshd(place.work / "sshd").start()
        cls.addClassCleanup(cls.server.kill)

    def sftp(self, name, port=None, host=HOST, key=None):
        """The URL of a folder `name`, and the files that it names."""
        port = port or self.server.port
        names = known_hosts(self.server.folder / f"known_hosts.{name}", port, self.server.host_key, host)
        (self.server.data / name).mkdir()
        return (f"sftp://{self.server.user}@{host}:{port}{self.server.data}/{name}?key=/etc/key&known_hosts=/etc/known",
                {"etc/key": key or self.server.user_key, "etc/known": names})

    def falls_to_the_disk(self, name, expected, fault, settings=SETTINGS, most=60, **how):
        url, files = self.sftp(name, **how)
        disk = Disk(place.work / f"{name}.img", 256)
        guest = ship(place, name, [url, disk.target()], files, disks=[disk], settings=settings)
        check_next_disk(self, place, guest, disk, expected, fault, most)
        sent = (self.server.data / name).rglob("vmcore*")
        self.assertEqual([path for path in sent if path.suffix != ".incomplete"], [])

    def test_server_down(self):
        self.falls_to_the_disk("down", "no connection", "the first target's server is down (SFTP)", port=free_port())

    def test_bad_credentials(self):
        self.falls_to_the_disk("stranger", "does not let us in", "an SSH server does not know our key",
                               key=self.server.make_key("stranger"))

    def test_dns(self):
        # Nobody answers there; with an answer, no such name exists (RFC 6761).
        settings = SETTINGS.replace("link_timeout = 20", f'link_timeout = 20\ndns = "{HOST}"')
        self.falls_to_the_disk("dns", "name could not be resolved .*store.invalid",
                               "the name of a server cannot be resolved", settings, host="store.invalid")

    def test_stall(self):
        with Relay(self.server.port, stall_after=2 * MIB) as relay:
            self.falls_to_the_disk("stall", "nothing that we send gets to the server for 10 seconds",
                                   "the connection stalls half-way (SFTP, a server that stops reading)",
                                   port=relay.port)
            self.assertGreaterEqual(relay.forwarded, 2 * MIB)
        partial = list((self.server.data / "stall").glob("*/vmcore*"))
        self.assertEqual([path.name for path in partial], ["vmcore.flat.incomplete"])

    def arrives(self, name, fault, port=None, **how):
        url, files = self.sftp(name, port)
        guest = ship(place, name, [url], files, settings=SETTINGS.replace("= 10", "= 60"), **how)
        said = check_end(self, guest)
        self.assertIn("done after", said)
        check_folder(self, place, cycle.only_dump(self.server.data / name))
        outcomes.record(place, fault, guest, "all on that server")
        return said

    def test_connection_breaks_again_and_again(self):
        with Relay(self.server.port, cuts=[MIB, 3 * MIB, 5 * MIB]) as relay:
            said = self.arrives("cuts", "the connection is reset three times in mid-dump (SFTP)", relay.port)
            self.assertEqual(relay.cut, 3)
        self.assertIn("trying again", said)

    def test_packet_loss(self):
        with LossyCable(place.work / "cable", one_in=50) as cable:
            self.arrives("loss", "the network loses one of 50 frames, both ways (SFTP)", qemu=cable.qemu())
            self.assertGreater(cable.passed, 1000)
            self.assertGreater(cable.lost, cable.passed // 100)


class Certificate(unittest.TestCase):
    def test_expired(self):
        subprocess.run(["rm", "-rf", place.work / "https"], check=True)
        authority = Authority(place.work / "https/ca")
        client, key = authority.issue("client")
        late = authority.issue("late", begin="20200101000000Z", end="20210101000000Z")
        disk = Disk(place.work / "expired.img", 256)
        with Nginx(place.work / "https/nginx", authority, *late) as server:
            url = f"https://{HOST}:{server.port}/crash?ca=/etc/ca&cert=/etc/cert&key=/etc/key"
            guest = ship(place, "expired", [url, disk.target()],
                         {"etc/ca": authority.certificate, "etc/cert": client, "etc/key": key}, disks=[disk])
            check_next_disk(self, place, guest, disk, "expired", "an HTTPS server's certificate has expired", 60)
            self.assertEqual(list(server.data.iterdir()), [])


class Nfs(unittest.TestCase):
    def test_dies_in_mid_dump(self):
        disk = Disk(place.work / "nfs.img", 256)
        with NfsServer(place.work / "nfs-server") as server, Relay(server.port, stall_after=2 * MIB) as relay:
            guest = ship(place, "nfs", [f"nfs://{HOST}:{relay.port}/export", disk.target()], {}, disks=[disk])
            check_next_disk(self, place, guest, disk, "abandoning the target: no sign of life for 25 s",
                            "an NFS server stops answering in mid-dump")
            folder = cycle.only_dump(server.export)
            self.assertIn("sysrq triggered crash", (folder / "dmesg.txt").read_text())
            self.assertFalse((folder / "vmcore").exists())


class Disks(unittest.TestCase):
    """One disk and no network: what is left when it is full, or cannot be written."""

    def test_full_half_way(self):
        disk = Disk(place.work / "full.img", 8)
        guest = ship(place, "full", [disk.target()], {}, disks=[disk])
        said = check_end(self, guest)
        self.assertRegex(said, "the dump is partial: .* in vmcore.incomplete; .*(?i:space|full)")
        folder = cycle.only_dump(disk.read_back())
        self.assertIn("sysrq triggered crash", (folder / "dmesg.txt").read_text())
        self.assertIs(cycle.read_json(folder / "summary.json")["complete"], False)
        self.assertGreater(KdumpFile(folder / "vmcore.incomplete").readable(), 100)
        outcomes.record(place, "the only target's disk fills up half-way", guest,
                        "dmesg, summary and a readable partial dump")

    def test_read_only(self):
        locked, disk = Disk(place.work / "locked.img", 64, read_only=True), Disk(place.work / "next.img", 256)
        guest = ship(place, "locked", [locked.target(), disk.target()], {}, disks=[locked, disk])
        check_next_disk(self, place, guest, disk, "(?i)read-only", "the first target's filesystem is read-only", 60)
        self.assertIsNone(locked.read_back())


if __name__ == "__main__":
    cycle.main()
