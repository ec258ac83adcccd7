#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""One panic whose dump goes to four real servers: nginx over HTTPS with a client's certificate, Ceph's object gateway,
and vsftpd with TLS and without. What each has then is opened by libkdumpfile."""
import pathlib
import subprocess
import sys
import unittest
import urllib.parse
import xml.etree.ElementTree

import kdumpfile

import cycle
from shipping import HOST, SETTINGS, check_end, check_folder, ship

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "send"))
from ceph import ACCESS, SECRET, Ceph  # noqa: E402
from servers import Authority, Nginx, Vsftpd  # noqa: E402

from kdump_reader import KdumpFile  # noqa: E402

place = None
PREFIX = "machines"


class Ship(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        home = place.work / "servers"
        subprocess.run(["rm", "-rf", home], check=True)
        authority = Authority(home / "ca")
        certificate = authority.issue("localhost")
        client, key = authority.issue("client")
        cls.web = cls.started(Nginx(home / "nginx", authority, *certificate))
        cls.ceph = cls.started(Ceph(home / "ceph", authority.certificate, *certificate))
        cls.ftps = cls.started(Vsftpd(home / "ftps", *certificate))
        cls.ftp = cls.started(Vsftpd(home / "ftp"))
        for name, text in (("s3", f"access_key = {ACCESS}\nsecret_key = {SECRET}\n"),
                           ("ftp", f"user = anonymous\npassword = {Vsftpd.PASSWORD}\n")):
            (home / f"{name}.credentials").write_text(text)
        targets = [f"https://{HOST}:{cls.web.port}/crash?ca=/etc/ca&cert=/etc/cert&key=/etc/key",
                   f"s3://{cls.ceph.bucket}/{PREFIX}?endpoint=https://{HOST}:{cls.ceph.port}&ca=/etc/ca"
                   "&credentials=/etc/s3",
                   f"ftps://{HOST}:{cls.ftps.port}/crash?tls=explicit&ca=/etc/ca&credentials=/etc/ftp",
                   f"ftp://{HOST}:{cls.ftp.port}/crash?credentials=/etc/ftp"]
        cls.guest = ship(place, "servers", targets,
                         {"etc/ca": authority.certificate, "etc/cert": client, "etc/key": key,
                          "etc/s3": home / "s3.credentials", "etc/ftp": home / "ftp.credentials"},
                         settings=SETTINGS.replace("stall_timeout = 10", "stall_timeout = 60\ncopies = 0"))

    @classmethod
    def started(cls, server):
        cls.addClassCleanup(server.kill)
        return server.start()

    def check(self, folder):
        """libkdumpfile opens it, and reads from it what our own reader does."""
        path = check_folder(self, place, folder)
        opened, read = kdumpfile.kdumpfile(str(path)), KdumpFile(path)
        self.assertEqual(opened.attr["linux.uts.release"], place.kernel.release)
        for pfn in list(read.pfns())[::100]:
            self.assertEqual(bytes(opened.read(kdumpfile.KDUMP_MACHPHYSADDR, pfn * 4096, 4096)), read.page(pfn))

    def test_https(self):
        self.check(cycle.only_dump(self.web.data / "crash"))

    def test_ftps(self):
        self.check(cycle.only_dump(self.ftps.data))

    def test_ftp(self):
        self.check(cycle.only_dump(self.ftp.data))

    def test_s3(self):
        listing = place.work / "listing"
        self.ceph.request("GET", "?list-type=2", output=listing)
        names = [key.text for key in xml.etree.ElementTree.parse(listing).findall(".//{*}Key")]
        downloads = place.work / "downloads"
        subprocess.run(["rm", "-rf", downloads], check=True)
        for name in names:
            (downloads / name).parent.mkdir(parents=True, exist_ok=True)
            self.ceph.request("GET", "/" + urllib.parse.quote(name), output=downloads / name)
        self.check(cycle.only_dump(downloads / PREFIX))
        self.ceph.request("GET", "?uploads=", output=listing)
        self.assertNotIn("<Upload>", listing.read_text())

    def test_it_rebooted(self):
        self.assertIn("done after", check_end(self, self.guest))


if __name__ == "__main__":
    cycle.main()
