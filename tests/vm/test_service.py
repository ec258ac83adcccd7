#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The services of an installed kdumpkit under a real systemd: armed at boot, a panic, and after the reboot the journal
knows of it. Nothing but the units and the default settings brings that about."""
import json
import re
import unittest

import cycle
import installed
import test_systemd
from disk import Disk
from guest import Guest

place = None
RESERVED = "crashkernel=192M"
BOOT = test_systemd.MACHINE + """
mount -t ext4 /dev/nvme0n1 /var || say no disk
""" + test_systemd.boot("kdumpkit.service kdumpkit-record.service")
WORK = test_systemd.PATH + """
export PATH=/bin:/usr/bin:/usr/sbin
panic() {
    sync
    say about to panic
    echo c >/proc/sysrq-trigger
}
if grep -q small /proc/cmdline; then
    run granted kdumpkit reserve
    panic
fi
if ! [ -e /var/panicked ]; then
    run unit systemctl status kdumpkit.service
    run status kdumpkit status
    run nothing kdumpkit list
    run estimate kdumpkit estimate --json
    touch /var/panicked
    panic
fi
sleep 1
run journal journalctl -o export MESSAGE_ID=145cb7f9c6dc45e69adc4aaaea6c34fd
run list kdumpkit list --json
run show kdumpkit show
run again kdumpkit record
run estimate kdumpkit estimate --json
run status kdumpkit status --json
run fresh kdumpkit arm --dry-run
echo '[dump]' >/etc/kdumpkit.toml
echo 'level = 16' >>/etc/kdumpkit.toml
run stale kdumpkit arm --dry-run
run reload systemctl reload kdumpkit.service
run fresh2 kdumpkit arm --dry-run
echo 'levle = 17' >>/etc/kdumpkit.toml
run broken systemctl restart kdumpkit.service
run failed systemctl is-failed kdumpkit.service
run after kdumpkit status
run notarmed journalctl -o cat MESSAGE_ID=99087ac26ac64076a8690528e763939f
rm /etc/kdumpkit.toml
run restart systemctl restart kdumpkit.service
run stop systemctl stop kdumpkit.service
run unarmed kdumpkit status
umount /var
poweroff -f
"""


class Service(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.disk = Disk(place.work / "disk.img", 256, bus="nvme")
        files = installed.files_of(place, WORK)
        cls.guests = []

        def boot(name, append):
            guest = Guest(place.work / name, place.kernel, BOOT, disks=[cls.disk], files=files,
                          programs=installed.PROGRAMS, append=append)
            cls.guests.append(guest.run(600))
            guest.initramfs.unlink()
            return json.loads(guest.result("estimate")[1]) if append == RESERVED else None

        cls.before = boot("first", RESERVED)
        cls.after = boot("second", RESERVED)
        cls.first_dump = cycle.only_dump(cls.disk.read_back("/crash"))
        boot("third", f"crashkernel={cls.after['recommended_bytes'] >> 20}M small")

    def succeeded(self, name, boot=1):
        status, output = self.guests[boot].result(name)
        self.assertEqual(status, 0, f"{name}: {output}")
        return output

    def test_armed_at_boot(self):
        self.assertIn("status=0/SUCCESS", self.succeeded("unit", 0))
        status = self.succeeded("status", 0)
        self.assertIn("armed:       yes", status)
        self.assertIn("made anew: there is none yet", status)
        self.assertIn("no dumps in /var/crash", self.succeeded("nothing", 0))

    def test_the_panic_is_in_the_journal_of_the_next_boot(self):
        lines = self.succeeded("journal").splitlines()
        self.assertEqual(len([line for line in lines if line.startswith("MESSAGE=")]), 1, lines)
        entry = dict(line.split("=", 1) for line in lines if "=" in line)
        self.assertEqual(entry["KDUMPKIT_COMPLETE"], "1")
        self.assertEqual(entry["PRIORITY"], "2")
        self.assertIn("sysrq triggered crash", entry["KDUMPKIT_PANIC"])
        self.assertEqual(entry["_SYSTEMD_UNIT"], "kdumpkit-record.service")
        self.assertEqual(entry["KDUMPKIT_FOLDER"], f"/var/crash/{self.first_dump.name}")
        self.assertEqual(self.succeeded("again"), "nothing new was captured")

    def test_list_show_and_status_have_it(self):
        listed = json.loads(self.succeeded("list"))
        self.assertEqual([dump["complete"] for dump in listed["dumps"]], [True])
        self.assertEqual(listed["dumps"][0]["kernel_release"], place.kernel.release)
        self.assertIn("next: crash VMLINUX /var/crash/", self.succeeded("show"))
        status = json.loads(self.succeeded("status"))
        self.assertIs(status["armed"], True)
        self.assertEqual(status["last_capture"]["name"], listed["dumps"][0]["name"])
        self.assertIsNone(status["arm"]["failure"])

    def test_the_initramfs_is_made_anew_only_when_something_changed(self):
        self.assertEqual(json.loads(self.succeeded("status"))["arm"]["rebuilt_because"], [])
        self.assertIn("the initramfs is fresh", self.succeeded("fresh"))
        self.assertIn("the settings, the targets or the machine's name changed", self.succeeded("stale"))
        self.succeeded("reload")
        self.assertIn("the initramfs is fresh", self.succeeded("fresh2"))

    def test_a_failure_is_visible_and_the_earlier_initramfs_armed(self):
        self.assertNotEqual(self.guests[1].result("broken")[0], 0)
        self.assertEqual(self.succeeded("failed"), "failed")
        code, status = self.guests[1].result("after")
        self.assertEqual(code, 2, status)  # armed, and the next boot would not be
        self.assertIn("armed:       yes", status)
        self.assertRegex(status, "settings: .*kdumpkit.toml:3:1: dump.levle")
        self.assertRegex(status, "arm failed: .*kdumpkit.toml:3:1: dump.levle")
        self.assertIn("did you mean dump.level?", status)
        self.assertRegex(self.succeeded("notarmed"), re.compile("earlier capture initramfs .* is loaded instead", re.S))

    def test_the_estimate_becomes_measured_and_is_enough(self):
        self.assertIs(self.before["measured"], False)
        self.assertIs(self.after["measured"], True)
        self.assertEqual(self.after["reserved_bytes"], 192 << 20)
        self.assertLess(self.after["recommended_bytes"], self.before["recommended_bytes"])
        asked = f"crashkernel={self.after['recommended_bytes'] >> 20}M"
        self.assertIn(f"this boot asked for: {asked}", self.succeeded("granted", 2))
        dumps = sorted(path for path in self.disk.read_back("/crash").iterdir() if path.name != self.first_dump.name)
        self.assertEqual(len(dumps), 1, dumps)
        summary = json.loads((dumps[0] / "summary.json").read_text())
        self.assertIs(summary["complete"], True)
        print(f"{asked}: {summary['memory']['lowest_available_kib'] >> 10} MiB left at worst")

    def test_stopping_unloads(self):
        self.succeeded("restart")
        self.succeeded("stop")
        status, output = self.guests[1].result("unarmed")
        self.assertEqual(status, 3)
        self.assertIn("next: kdumpkit arm", output)


if __name__ == "__main__":
    cycle.main()
