#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`kdumpkit reboot` where systemd is the service manager: services are stopped and filesystems unmounted before the
second kernel starts. The guest's userland is this machine's own systemd with a handful of units."""
import pathlib
import unittest

import cycle
from disk import Disk
from guest import PRELUDE, Guest

place = None
UNITS = pathlib.Path("/lib/systemd/system")
# What a shutdown goes through; the rest of the boot is not needed.
NEEDED = ("sysinit.target", "basic.target", "shutdown.target", "umount.target", "final.target", "kexec.target",
          "systemd-kexec.service", "local-fs.target")
MACHINE = """
mkdir -p /etc/systemd/system /var/log
echo 0123456789abcdef0123456789abcdef >/etc/machine-id
echo 'ID=guest' >/etc/os-release
echo 'root:x:0:0::/:/bin/sh' >/etc/passwd
echo 'root:x:0:' >/etc/group
"""


def boot(units="", base="basic.target", journal=True):
    """Shell by which systemd starts these units, and behind them and `base` /work.sh."""
    journald = " systemd-journald.service systemd-journald.socket systemd-journald-dev-log.socket" if journal else ""
    return f"""
cat >/etc/systemd/system/default.target <<END
[Unit]
Requires={base}{journald}
Wants={units} work.service
After={base}
AllowIsolate=yes
END
cat >/etc/systemd/system/work.service <<END
[Unit]
After={base} {units}
[Service]
Type=oneshot
Environment=PATH=/bin:/usr/bin:/usr/sbin
ExecStart=/bin/sh /work.sh
END
say systemd starts
exec /lib/systemd/systemd --log-target=kmsg
"""


FIRST = MACHINE + """
mount -t ext4 /dev/nvme0n1 /mnt || say no disk
cat >/etc/systemd/system/sleeper.service <<END
[Service]
ExecStart=/bin/sleep 1000
ExecStop=/bin/sh -c 'echo "guest: the service was stopped" >/dev/kmsg; echo stopped >/mnt/stopped'
END
""" + boot("sleeper.service", journal=False)
PROGRAMS = ("/lib/systemd/systemd", "/lib/systemd/systemd-shutdown", "/bin/systemctl")
# The prelude without what has been mounted by now.
PATH = PRELUDE.split("hostname")[0].split("mount -t devtmpfs none /dev\n")[1] + "export PATH=/bin\n"
WORK = PATH + """
run load kdumpkit load --reboot --kernel /kernel --initrd /next --append second=yes
run reboot kdumpkit reboot
"""
SECOND = """
say the second kernel is up
run cmdline cat /proc/cmdline
mount -t ext4 /dev/nvme0n1 /mnt
run stopped cat /mnt/stopped
umount /mnt
poweroff -f
"""


def system(path, work, units=()):
    """The files of a guest whose service manager is systemd: path in the guest -> path here. `work` is what its service
    runs, written to `path`."""
    path.write_text(work)
    parts = {f"lib/systemd/system/{name}": UNITS / name for name in (*NEEDED, *units)}
    parts.update({name: f"/{name}" for name in ("lib/systemd/systemd", "lib/systemd/systemd-shutdown")})
    return {**parts, "work.sh": path}


class Systemd(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        disk = Disk(place.work / "disk.img", 64, bus="nvme")
        following = Guest(place.work / "next", place.kernel, SECOND, disks=[disk])
        cls.guest = place.guest("systemd", FIRST, append="", disks=[disk], memory=768,
                                files={"next": following.initramfs, **system(place.work / "work.sh", WORK)},
                                programs=PROGRAMS)
        cls.guest.run()

    def test_services_were_stopped_first(self):
        before = self.guest.text().split("the second kernel is up")[0]
        self.assertEqual(self.guest.result("load")[0], 0, self.guest.result("load")[1])
        self.assertIn("the service was stopped", before)
        self.assertIn("Rebooting with kexec", before)

    def test_filesystems_were_unmounted(self):
        self.assertEqual(self.guest.result("stopped"), (0, "stopped"))
        after = self.guest.text().split("the second kernel is up")[1]
        self.assertNotIn("recovery complete", after)
        self.assertNotIn("recovering journal", after)

    def test_the_second_kernel_is_up(self):
        self.assertIn("second=yes", self.guest.result("cmdline")[1])
        self.assertEqual(len([line for _, line in self.guest.lines if "] Linux version " in line]), 2)


if __name__ == "__main__":
    cycle.main()
