#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What goes wrong on the machine of a tired admin: a rebuild that is killed or finds no room, two of them at once, no
root, a full /boot, a target that is gone when the panic comes. The machine stays armed, and what was good stays."""
import json
import unittest

import cycle
import installed
import test_systemd
from disk import Disk
from guest import Guest
from qmp import Qmp

place = None
MOMENTS = (10, 40, 70, 85, 95)  # percent of the time that a rebuild takes
# Short waits for the disk that does not come.
SETTINGS = """
target = ["{gone}", "file:///var/crash"]

[capture]
device_timeout = 5
"""
WORK = test_systemd.MACHINE + """
export PATH=/bin:/usr/bin:/usr/sbin
echo 'nobody:x:65534:65534::/:/bin/sh' >>/etc/passwd
mount -t ext4 /dev/nvme0n1 /var
mkdir -p /run /gone
mount -t ext4 /dev/nvme1n1 /gone
image=/var/lib/kdumpkit/capture.img
digest() { sha256sum <$image; }
loaded() { cat /sys/kernel/kexec_crash_loaded; }
as_nobody() { su -s /bin/sh nobody -c "/usr/sbin/kdumpkit $*"; }

cp /settings /etc/kdumpkit.toml
run arm kdumpkit arm
first=$(digest)

run user_arm as_nobody arm
run user_setup as_nobody setup
run user_reserve as_nobody reserve 160M
run user_prepare as_nobody prepare "$(uname -r)"
run user_status as_nobody status
[ "$first" = "$(digest)" ] && [ "$(loaded)" = 1 ] && say nobody changed nothing

kdumpkit arm --rebuild >/tmp/one 2>&1 &
one=$!
kdumpkit arm --rebuild >/tmp/two 2>&1 &
two=$!
wait $one; say one ended with $?
wait $two; say two ended with $?
run after_two kdumpkit arm --dry-run

# Killed at several moments of a rebuild; with wrong settings only the image that is there can be loaded.
hundredths() { cut -d ' ' -f 1 /proc/uptime | tr -d .; }
begin=$(hundredths)
kdumpkit arm --rebuild >/dev/null 2>&1
took=$(($(hundredths) - begin))
for percent in @MOMENTS@; do
    cp /settings /etc/kdumpkit.toml
    kdumpkit arm --rebuild >/dev/null 2>&1 &
    usleep $((took * percent * 100))
    kill -9 $! && say killed at $percent percent
    wait $!
    [ "$(loaded)" = 1 ] || say not loaded after $percent percent
    echo 'levle = 3' >>/etc/kdumpkit.toml
    run fallback$percent kdumpkit arm
    [ "$(loaded)" = 1 ] || say not loaded with the image of $percent percent
done
cp /settings /etc/kdumpkit.toml
run mended kdumpkit arm --rebuild
run left ls /var/lib/kdumpkit

before=$(digest)
dd if=/dev/zero of=/var/filler bs=1M 2>/dev/null
dd if=/dev/zero of=/var/filler2 bs=1k 2>/dev/null
run full_arm kdumpkit arm --rebuild
[ "$before" = "$(digest)" ] && [ "$(loaded)" = 1 ] && say a full disk changed nothing
run full_status kdumpkit status
run full_doctor kdumpkit doctor
rm /var/filler /var/filler2

mkdir -p /boot/loader/entries
entry=/boot/loader/entries/guest.conf
printf 'title Guest\\nlinux /vmlinuz\\noptions root=/dev/x crashkernel=1G ro\\n' >$entry
cp $entry /tmp/entry
flock /run/kdumpkit/reserve.lock sleep 8 &
holder=$!
sleep 1
kdumpkit reserve 160M >/tmp/one 2>&1 &
one=$!
kdumpkit reserve 176M >/tmp/two 2>&1 &
two=$!
sleep 4
kill -0 $holder && kill -0 $one && kill -0 $two && cmp /tmp/entry $entry && say both wait for the lock
wait $one; say one reserve ended with $?
wait $two; say two reserve ended with $?
run after_reserves cat $entry
run undone kdumpkit reserve --undo
cmp /tmp/entry $entry && say what was there before both came back
rm $entry
mount -t tmpfs -o size=16k none /boot/loader/entries
printf 'title Guest\\nlinux /vmlinuz\\noptions root=/dev/x ro\\n' >/boot/loader/entries/guest.conf
cat /boot/loader/entries/guest.conf >/tmp/entry
dd if=/dev/zero of=/boot/loader/entries/filler bs=1k 2>/dev/null
run full_boot kdumpkit reserve 160M
cmp /tmp/entry /boot/loader/entries/guest.conf && say a full boot partition changed nothing
umount /boot/loader/entries
rm -r /boot/loader

run last kdumpkit arm
umount /gone
say the disk may go
i=0
while [ -e /dev/nvme1n1 ] && [ $i -lt 60 ]; do sleep 1; i=$((i + 1)); done
[ -e /dev/nvme1n1 ] || say the disk is gone
""" + cycle.PANIC


class Mishaps(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.disk = Disk(place.work / "disk.img", 192, bus="nvme")
        gone = Disk(place.work / "gone.img", 32, bus="nvme")
        files = installed.files_of(place, "")
        settings = place.work / "settings.toml"
        settings.write_text(SETTINGS.format(gone=gone.target()))
        files["settings"] = settings
        socket = place.work / "qmp"
        socket.unlink(missing_ok=True)
        gone_words = gone.qemu()
        gone_words[-1] += ",id=gone"
        script = WORK.replace("@MOMENTS@", " ".join(map(str, MOMENTS)))
        cls.guest = Guest(place.work / "guest", place.kernel, script, disks=[cls.disk], files=files,
                          append="crashkernel=192M", programs=["/usr/bin/flock"],
                          qemu=(*gone_words, "-qmp", f"unix:{socket},server=on,wait=off"))
        cls.guest.when["guest: the disk may go"] = lambda: Qmp(socket).command("device_del", id="gone")
        cls.guest.run(1500)
        cls.guest.initramfs.unlink()

    def succeeded(self, name):
        status, output = self.guest.result(name)
        self.assertEqual(status, 0, f"{name}: {output}")
        return output

    def said(self, *texts):
        lines = [line.partition("] guest: ")[2] for _, line in self.guest.lines]
        for text in texts:
            self.assertIn(text, lines)

    def test_without_root(self):
        self.succeeded("arm")
        for name in ("arm", "setup", "reserve", "prepare"):
            with self.subTest(name):
                status, output = self.guest.result(f"user_{name}")
                self.assertNotIn(status, (0, None), output)
                self.assertIn("root", output)
                self.assertIn("next:", output)
        self.assertIn("armed:       yes", self.guest.result("user_status")[1])
        self.said("nobody changed nothing")

    def test_two_at_once(self):
        self.said("one ended with 0", "two ended with 0")
        self.assertIn("the initramfs is fresh", self.succeeded("after_two"))

    def test_two_reservations_at_once(self):
        self.said("both wait for the lock", "one reserve ended with 0", "two reserve ended with 0")
        self.assertRegex(self.succeeded("after_reserves"), r"options root=/dev/x ro crashkernel=1(60|76)M$")
        self.succeeded("undone")
        self.said("what was there before both came back")

    def test_a_killed_rebuild_leaves_an_image_that_can_be_loaded(self):
        for percent in MOMENTS:
            with self.subTest(percent):
                # Late ones may come too late on a machine that is busy, and then find it done.
                if percent < 50:
                    self.said(f"killed at {percent} percent")
                status, output = self.guest.result(f"fallback{percent}")
                self.assertEqual(status, 2, output)
                self.assertIn("earlier capture initramfs", output)
                self.assertIn("is loaded instead", output)
        self.assertNotIn("guest: not loaded", self.guest.text())
        self.succeeded("mended")
        self.assertEqual(self.succeeded("left").split(), ["capture.img", "capture.json"])

    def test_a_full_disk_changes_nothing(self):
        status, output = self.guest.result("full_arm")
        self.assertEqual(status, 6, output)
        self.assertIn("No space left on device", output)
        self.assertIn("is loaded instead", output)
        self.said("a full disk changed nothing")
        self.assertIn("armed:       yes", self.succeeded("full_status"))
        self.assertRegex(self.guest.result("full_doctor")[1], r"(?m)^warning +room: ")

    def test_a_full_boot_partition_changes_nothing(self):
        status, output = self.guest.result("full_boot")
        self.assertEqual(status, 6, output)
        self.assertIn("/boot/loader/entries/guest.conf", output)
        self.said("a full boot partition changed nothing")

    def test_a_target_that_vanished_is_passed_over(self):
        self.succeeded("last")
        self.said("the disk is gone")
        dump = cycle.only_dump(self.disk.read_back("/crash"))
        summary = json.loads((dump / "summary.json").read_text())
        self.assertIs(summary["complete"], True)
        self.assertTrue(any("Linux version" in line for line in (dump / "dmesg.txt").read_text().splitlines()))


if __name__ == "__main__":
    cycle.main()
