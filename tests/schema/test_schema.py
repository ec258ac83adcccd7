#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`kdumpkit config schema`, judged by python3-jsonschema: it takes what `kdumpkit config check` takes, and refuses
wrong keys, types, bounds and choices. Argument: the folder of the programs."""
import json
import pathlib
import subprocess
import sys
import tempfile
import tomllib
import unittest

import jsonschema

programs = None
GOOD = ("", "target = 'file:///var/crash'", "target = ['file:///a', 'file:///b']", "[dump]\nlevel = 0",
        "[dump]\nlevel = 31\nmethod = 'copy'\ncompress = 'zstd:3'",
        "[capture]\nfinal_action = 'halt'\nmodules = ['a']", "[capture]\nfailure_action = 'kexec'",
        "[retention]\ncount = 3\ndays = 0", "[dump]\ncompress = 'zstd:-50'", "[dump]\ncompress = 'zlib:9'",
        "[dump]\ncompress = 'none'", "[capture]\nkernel = '6.1.0-9-amd64'\nappend = 'numa=off nr_cpus=2'",
        "[capture]\nmodules = 'mlx5_core'\nlast_resort = ['any', 'UUID=1b4e28ba-2fa1-11d2-883f-0016d3cca427']",
        "[capture]\nfence_kdump = ['192.0.2.1', '192.0.2.1:7411', '2001:db8::1', '[2001:db8::1]:7411']",
        "[capture]\nfiles = ['/usr/bin/lsblk', '/a b']", "[hooks]\npre = '/bin/x'\npost = []",
        "[network]\ndns = ['192.0.2.53', '2001:db8::53']\nsearch = ['example.org']\n"
        "hosts = '192.0.2.9 nfs.example.org'",
        "[[network.interface]]\nname = 'eth0'\nmac = '52:54:00:12:34:56'\n"
        "addresses = ['192.0.2.7/24', '2001:db8::7/64']\n"
        "routes = 'default via 192.0.2.1'\nmtu = 9000",
        "[[network.interface]]\nname = 'eth0'\npath = 'pci0000:00/0000:00:03.0'\ndhcp = true\n"
        "[[network.interface]]\nname = 'eth0.7'\nkind = 'vlan'\nparent = 'eth0'\nvlan = 7",
        "[[network.interface]]\nname = 'b'\nkind = 'bond'\nbond = ['mode=active-backup']")
GOOD_TARGETS = ("file:///var/crash?fs=UUID=03138356-5e61-4ab3-b58e-27507ac41937&type=ext4", "file:////a//b/",
                "file:///my%20crash", "file:///a b", "file:///..a/b..", "raw:/dev/vdb1", "raw:///dev/disk/by-id/x",
                "raw:/dev/vdb1?deadline=60", "nfs://server",
                "nfs://Server.example:2049/x?version=4.2&options=soft,timeo=9", "nfs://[2001:db8::1]/x",
                "sftp://me@host/x?known_hosts=/k&key=/a", "scp://m%40e@host:22/x?credentials=/c&known_hosts=/k",
                "https://host:443/x?ca=/a&cert=/b&key=/c", "https://host/x?deadline=604800",
                "s3://bucket/p?endpoint=https://host:9000&credentials=/c&style=path",
                "s3://bucket?region=eu-1&credentials=/c", "ftp://host/x", "ftps://host/x?tls=explicit&ca=/a",
                "https://host/x?ca=%2Fa")
WRONG = ("levle = 3", "[dump]\nlevle = 3", "[dmup]\nlevel = 3", "[dump]\nlevel = 32", "[dump]\nlevel = -1",
         "[dump]\nlevel = '31'", "[dump]\nmethod = 'cpoy'", "target = 3", "target = [3]", "[capture]\nmodules = 3",
         "[capture]\nfailure_action = 'restart'", "[capture]\ndevice_timeout = 0", "[retention]\ncount = 1.5",
         "dump = 3", "target = []", "[dump]\ncompress = 'gzip'", "[dump]\ncompress = 'zstd:0'",
         "[dump]\ncompress = 'zstd:20'", "[dump]\ncompress = 'lzo:1'", "[capture]\nkernel = ''",
         "[capture]\nkernel = '/boot/vmlinuz'", "[capture]\nappend = \"a\\nb\"", "[capture]\nmodules = ['a b']",
         "[capture]\nmodules = ['nvme.ko']", "[capture]\nlast_resort = '/dev/sda1'",
         "[capture]\nfence_kdump = 'node1'", "[capture]\nfence_kdump = '192.0.2.1:99999'",
         "[capture]\nfence_kdump = '192.0.2.256'", "[capture]\nfiles = 'bin/x'", "[capture]\nfiles = '/'",
         "[capture]\nfiles = '/a/../b'", "[hooks]\npost = 'echo'", "[record]\nnotify = ['mail root']",
         "[network]\ndns = 'dns.example'", "[network]\nsearch = 'a b'", "[network]\nhosts = '192.0.2.9'",
         "[[network.interface]]\nname = 'eth0'", "[[network.interface]]\nmac = 'x'",
         "[[network.interface]]\nname = 'eth0'\nmac = '52:54'",
         "[[network.interface]]\nname = 'a'\npath = 'x'\nmut = 9",
         "[[network.interface]]\nname = 'a'\nkind = 'vlan'\nvlan = 7",
         "[[network.interface]]\nname = 'a'\nmac = '52:54:00:12:34:56'\naddresses = '192.0.2.7'",
         "[[network.interface]]\nname = 'a'\nmac = '52:54:00:12:34:56'\nvlan = 7")
WRONG_TARGETS = ("", "/var/crash", "file:/x", "file://var/crash", "file:///x/../y", "file:///x?fs=/dev/sda1",
                 "file:///x?fs=UUID=1", "file:///x?type=ext4&type=xfs", "file:///x?levle=3", "file:///x#y",
                 "file:///%zz", "file:///a%0ab", "FILE:///x", "raw:/vdb1", "nfs:server:/export", "nfs://",
                 "nfs://h:0/x", "nfs://h:65536/x", "nfs://h/x?options=a b", "nfs://me@h/x",
                 "sftp://host/x?known_hosts=/k&key=/a", "sftp://me@host/x", "sftp://me@host/x?known_hosts=/k",
                 "sftp://me:pw@host/x?known_hosts=/k&key=/a", "http://host/x", "https://host/x?cert=/a",
                 "https://host/x?ca=rel", "https://host/x?deadline=5m", "s3://bucket", "s3://bucket?credentials=/c",
                 "s3://bucket:80?region=a&credentials=/c", "ssh://me@h/x", "cifs://h/x", "ftps://h/x?tls=no")


def kdumpkit(*arguments):
    return subprocess.run([programs / "kdumpkit", *arguments], capture_output=True, text=True, check=False)


def as_target(url):
    return f"target = '{url}'"


class Schema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.schema = json.loads(kdumpkit("config", "schema").stdout)
        cls.validator = jsonschema.Draft202012Validator(cls.schema)

    def judge(self, text, valid):
        with self.subTest(text), tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write(text)
            file.flush()
            errors = [error.message for error in self.validator.iter_errors(tomllib.loads(text))]
            self.assertEqual(not errors, valid, errors)
            checked = kdumpkit("config", "check", "--config", file.name)
            self.assertEqual(checked.returncode == 0, valid, checked.stderr)

    def test_it_is_a_schema(self):
        jsonschema.Draft202012Validator.check_schema(self.schema)

    def test_good_settings(self):
        for text in (*GOOD, *map(as_target, GOOD_TARGETS)):
            self.judge(text, True)

    def test_wrong_settings(self):
        for text in (*WRONG, *map(as_target, WRONG_TARGETS)):
            self.judge(text, False)

    def test_the_defaults(self):
        shown = kdumpkit("config", "show", "--config", "/dev/null")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.judge(shown.stdout, True)


if __name__ == "__main__":
    programs = pathlib.Path(sys.argv.pop(1))
    unittest.main()
