#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`kdumpkit setup` on an installed guest with a real systemd: from nothing to ready in one command and one reboot,
again without a change, and taken back. The boot loader is a stand-in: /etc is as on a Debian with GRUB, and what setup
writes there becomes the command line of the next boot."""
import json
import re
import unittest

import cycle
import installed
import test_systemd
from disk import Disk
from guest import Guest

place = None
BOOT = test_systemd.MACHINE + """
mount -t ext4 /dev/nvme0n1 /var || say no disk
# What a disk would have kept of the boot before.
[ -d /var/etc ] && cp -a /var/etc/. /etc/
mkdir -p /etc/default/grub.d /usr/sbin
echo 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"' >/etc/default/grub
printf '#!/bin/sh\\necho update-grub runs >>/var/update-grub\\n' >/usr/sbin/update-grub
chmod 755 /usr/sbin/update-grub
cat >/etc/systemd/system/kdump-tools.service <<END
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/true
[Install]
WantedBy=multi-user.target
END
""" + test_systemd.boot(base="multi-user.target")
WORK = test_systemd.PATH + """
export PATH=/bin:/usr/bin:/usr/sbin
changes() { ls /etc/default/grub.d /etc/systemd/system /var /var/lib /var/crash 2>/dev/null | md5sum; }
run cmdline cat /proc/cmdline
if ! [ -e /var/etc ]; then
    before=$(changes)
    run dry kdumpkit setup --dry-run
    [ "$before" = "$(changes)" ] && say the dry run changed nothing
    echo 'levle = 3' >/etc/kdumpkit.toml
    run wrong kdumpkit setup
    [ "$before" = "$(changes)" ] && say wrong settings changed nothing
    rm /etc/kdumpkit.toml
    ln -s /etc/gone.toml /etc/kdumpkit.toml
    run dangling kdumpkit setup
    [ "$before" = "$(changes)" ] && ! [ -e /etc/gone.toml ] && say a dangling link changed nothing
    rm /etc/kdumpkit.toml
    run first kdumpkit setup
    run second kdumpkit setup --json
    run grub cat /etc/default/grub.d/kdumpkit.cfg
    run updates cat /var/update-grub
    run unit systemctl is-enabled kdumpkit.service kdumpkit-record.service
    run status kdumpkit status
    run doctor kdumpkit doctor --json
    cp -a /etc /var/etc
else
    # Nothing waits for the service to arm, this neither.
    until systemctl is-active -q kdumpkit.service || [ $((waited += 1)) -gt 60 ]; do sleep 1; done
    run status kdumpkit status --json
    run granted kdumpkit setup --json
    run said kdumpkit setup
    run loaded kdumpkit reserve --shrink 96M
    run written kdumpkit status --prometheus /var/kdumpkit.prom
    run prometheus cat /var/kdumpkit.prom
    run doctor kdumpkit doctor --json
    systemctl enable --now kdump-tools.service
    run rival kdumpkit setup
    run still systemctl is-active kdump-tools.service
    echo 'MAKEDUMP_ARGS="-c -d 17"' >/etc/default/kdump-tools
    run takeover kdumpkit setup --take-over
    run imported kdumpkit config show
    run stopped systemctl is-enabled kdump-tools.service
    run undo kdumpkit setup --undo
    run back systemctl is-enabled kdump-tools.service
    run disabled systemctl is-enabled kdumpkit.service
    run unarmed kdumpkit status
    run grub ls /etc/default/grub.d
    run left ls /var/lib/kdumpkit
    run picture kdumpkit reserve --show
    run grow kdumpkit reserve --shrink 1G
    run would kdumpkit reserve --shrink 96M --dry-run
    run granted_still cat /sys/kernel/kexec_crash_size
    run shrink kdumpkit reserve --shrink 96M
    run size cat /sys/kernel/kexec_crash_size
fi
umount /var
poweroff -f
"""


def states(text):
    return {step["name"]: step["state"] for step in json.loads(text)["steps"]}


class Setup(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        disk = Disk(place.work / "disk.img", 256, bus="nvme")
        files = installed.files_of(place, WORK)

        def boot(name, append):
            guest = Guest(place.work / name, place.kernel, BOOT, disks=[disk], files=files,
                          programs=installed.PROGRAMS, append=append)
            guest.run(600)
            guest.initramfs.unlink()
            return guest

        cls.first = boot("first", "")
        cls.parameter = re.search(r"(crashkernel=\d+M)\"$", cls.first.result("grub")[1]).group(1)
        cls.second = boot("second", cls.parameter)

    def succeeded(self, guest, name):
        status, output = guest.result(name)
        self.assertEqual(status, 0, f"{name}: {output}")
        return output

    def test_a_dry_run_says_it_all_and_changes_nothing(self):
        said = self.succeeded(self.first, "dry")
        for part in ("initramfs    would    make /var/lib/kdumpkit/capture.img",
                     "reservation  would    set crashkernel=", "services     would    enable kdumpkit.service",
                     "run: update-grub", "nothing was changed"):
            self.assertIn(part, said)
        self.assertIn("the dry run changed nothing", self.first.text())

    def test_wrong_settings_change_nothing(self):
        status, said = self.first.result("wrong")
        self.assertEqual(status, 2)
        self.assertIn("did you mean dump.level?", said)
        self.assertIn("wrong settings changed nothing", self.first.text())

    def test_settings_that_are_a_link_to_nothing_change_nothing(self):
        status, said = self.first.result("dangling")
        self.assertEqual(status, 2)
        self.assertIn("/etc/kdumpkit.toml: it is a link to /etc/gone.toml, which does not exist", said)
        self.assertIn("a dangling link changed nothing", self.first.text())

    def test_one_command_and_a_reboot(self):
        said = self.succeeded(self.first, "first")
        self.assertIn(f"next: reboot; then kdumpkit setup tells whether the kernel granted {self.parameter}", said)
        self.assertIn("armed        remains", said)
        self.assertEqual(self.succeeded(self.first, "unit"), "enabled\nenabled")
        status = json.loads(self.succeeded(self.second, "status"))
        self.assertIs(status["armed"], True)  # by the service alone

    def test_again_it_changes_nothing(self):
        again = states(self.succeeded(self.first, "second"))
        self.assertEqual(again, {"settings": "good", "initramfs": "good", "reservation": "remains",
                                 "services": "good", "armed": "remains"})
        self.assertEqual(self.succeeded(self.first, "updates"), "update-grub runs")

    def test_after_the_reboot_it_says_that_the_kernel_granted_it(self):
        granted = json.loads(self.succeeded(self.second, "granted"))
        self.assertIs(granted["ready"], True)
        self.assertEqual(set(states(json.dumps(granted)).values()), {"good"})
        said = self.succeeded(self.second, "said")
        self.assertRegex(said, r"reservation  good     the kernel granted \d+ MiB")
        self.assertIn("ready: a panic now would be captured", said)

    def test_another_kdump_is_refused_or_taken_over(self):
        status, said = self.second.result("rival")
        self.assertEqual(status, 2)
        self.assertIn("kdump-tools.service loads a capture kernel of its own", said)
        self.assertEqual(self.succeeded(self.second, "still"), "active")
        self.assertIn("disable kdump-tools.service", self.succeeded(self.second, "takeover"))
        self.assertEqual(self.second.result("stopped")[1], "disabled")
        self.assertRegex(self.succeeded(self.second, "imported"), r"level = 17 +# /etc/kdumpkit.toml")

    def test_the_doctor_sees_what_is_missing_and_what_is_good(self):
        status, said = self.first.result("doctor")
        self.assertEqual(status, 11, said)
        found = {one["check"]: one for one in json.loads(said)["findings"]}
        self.assertEqual((found["reservation"]["severity"], found["reservation"]["mend"]), ("critical", "reboot"))
        self.assertEqual(found["armed"]["severity"], "critical")
        status, said = self.second.result("doctor")
        self.assertIn(status, (0, 10), said)
        found = {one["check"]: one["severity"] for one in json.loads(said)["findings"]}
        for check in ("kexec", "reservation", "armed", "settings", "build", "initramfs", "signature", "services"):
            self.assertEqual(found[check], "good", said)

    def test_undo_gives_everything_back(self):
        self.assertIn(f"take {self.parameter} away", self.succeeded(self.second, "undo"))
        self.assertEqual(self.succeeded(self.second, "back"), "enabled")
        self.assertEqual(self.second.result("disabled")[1], "disabled")
        self.assertEqual(self.second.result("unarmed")[0], 3)
        self.assertEqual(self.succeeded(self.second, "grub"), "")
        self.assertNotIn("capture", self.succeeded(self.second, "left"))

    def test_the_reservation_is_drawn_and_shrunk(self):
        self.assertIn("#", self.succeeded(self.second, "picture").splitlines()[0])
        status, said = self.second.result("loaded")
        self.assertEqual(status, 2)
        self.assertIn("a capture kernel is loaded", said)
        self.assertEqual(self.second.result("grow")[0], 2)
        said = self.succeeded(self.second, "would")
        self.assertIn("would leave 96 MiB reserved", said)
        self.assertIn("nothing was written", said)
        size = int(re.search(r"(\d+)M", self.parameter).group(1)) << 20
        self.assertEqual(self.succeeded(self.second, "granted_still"), str(size))
        self.assertIn("96 MiB are reserved", self.succeeded(self.second, "shrink"))
        self.assertEqual(self.succeeded(self.second, "size"), str(96 << 20))

    def test_prometheus(self):
        self.succeeded(self.second, "written")
        self.assertIn("kdumpkit_armed 1", self.succeeded(self.second, "prometheus").splitlines())


if __name__ == "__main__":
    cycle.main()
