#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`kdumpkit reserve --root` on systems as an admin may have left them: every file comes back by --undo, what a real
shell makes of GRUB's settings has the reservation, and what is refused changes nothing."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from suite import main, settings

GRUB = "/etc/default/grub"
RECORD = "/var/lib/kdumpkit/reservation.json"


class Reserve(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def put(self, path, text):
        place = self.root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode())
        return place

    def files(self):
        return {str(path.relative_to(self.root)): (path.read_bytes(), path.stat().st_mode)
                for path in self.root.rglob("*") if path.is_file()}

    def reserve(self, *words, root=True):
        command = [settings.programs / "kdumpkit", "reserve", *words, *(("--root", self.root) if root else ())]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout + done.stderr

    def refused(self, code, *words, root=True):
        before = self.files()
        status, said = self.reserve(*words, root=root)
        self.assertEqual(status, code, said)
        self.assertIn("next:", said)
        self.assertEqual(self.files(), before)
        return said

    def in_grub(self):
        """The command line that grub-mkconfig would make of it, by a real shell."""
        script = (f". {self.root}{GRUB}; for x in {self.root}/etc/default/grub.d/*.cfg; do [ -e $x ] && . $x; done;"
                  'echo "$GRUB_CMDLINE_LINUX $GRUB_CMDLINE_LINUX_DEFAULT"')
        return subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True).stdout.split()

    def test_every_file_comes_back(self):
        self.put(GRUB, "GRUB_CMDLINE_LINUX_DEFAULT='quiet  crashkernel=1G splash' # mine\n").chmod(0o640)
        self.put("/etc/kernel/cmdline", "root=1\ncrashkernel=1G ro\n")
        entry = self.put("/boot/loader/entries/a.conf", "linux /a\r\noptions root=1 crashkernel=2G\r\noptions ro\r\n")
        entry.chmod(0o600)
        self.put("/boot/loader/entries/b.conf", "linux /b\n")
        self.put("/boot/extlinux/extlinux.conf",
                 "label a\n linux /a\n append x crashkernel=1G  y\nlabel b\n linux /b\n")
        if os.geteuid() == 0:
            os.chown(entry, 12, 34)
        before = self.files()
        for size in ("192M", "256M"):
            status, said = self.reserve(size)
            self.assertEqual(status, 0, said)
        self.assertEqual(self.in_grub(), ["quiet", "splash", "crashkernel=256M"])
        self.assertEqual(entry.read_bytes(),
                         b"linux /a\r\noptions root=1\r\noptions ro crashkernel=256M\r\n")
        if os.geteuid() == 0:
            self.assertEqual(entry.stat().st_uid, 12)
        for text, _ in (both for path, both in self.files().items() if not path.endswith(".json")):
            self.assertIn(b"crashkernel=256M", text)
        status, said = self.reserve("--undo")
        self.assertEqual(status, 0, said)
        self.assertEqual(self.files(), before)
        self.refused(3, "--undo")

    def test_a_file_of_grub_that_wins_is_named(self):
        self.put(GRUB, 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n')
        for text in ('GRUB_CMDLINE_LINUX_DEFAULT="splash"\n',
                     'GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT crashkernel=1G"\n'):
            self.put("/etc/default/grub.d/zz.cfg", text)
            self.assertIn("/etc/default/grub.d/zz.cfg", self.refused(2, "192M"))
        self.put("/etc/default/grub.d/zz.cfg", 'GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT x"\n')
        status, said = self.reserve("192M")
        self.assertEqual(status, 0, said)
        self.assertEqual(self.in_grub(), ["quiet", "crashkernel=192M", "x"])

    def test_high_beside_a_plain_word(self):
        self.put(GRUB, 'GRUB_CMDLINE_LINUX="crashkernel=1G"\nGRUB_CMDLINE_LINUX_DEFAULT="quiet"\n')
        status, said = self.reserve("192M", "--high")
        self.assertEqual(status, 0, said)
        self.assertEqual(self.in_grub(), ["quiet", "crashkernel=192M,high", "crashkernel=72M,low"])
        self.assertEqual(self.reserve("--undo")[0], 0)
        self.put("/etc/default/grub.d/x.cfg", "")
        said = self.refused(2, "192M", "--high")
        self.assertIn(GRUB, said)
        self.assertIn("crashkernel=1G", said)

    def test_a_folder_that_grub_mkconfig_does_not_read(self):
        self.put(GRUB, 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n')
        self.put("/etc/default/grub.d/x.cfg", "")
        script = self.put("/usr/sbin/grub2-mkconfig", ". /etc/default/grub\nrun_parts /etc/grub.d\n")
        self.assertEqual(self.reserve("192M")[0], 0)
        self.assertIn("crashkernel=192M", (self.root / GRUB.lstrip("/")).read_text())
        self.assertFalse((self.root / "etc/default/grub.d/kdumpkit.cfg").exists())
        self.assertEqual(self.reserve("--undo")[0], 0)
        script.write_text("for x in ${sysconfdir}/default/grub.d/*.cfg ; do\n")
        self.assertEqual(self.reserve("192M")[0], 0)
        self.assertNotIn("crashkernel", (self.root / GRUB.lstrip("/")).read_text())
        self.assertIn("crashkernel=192M", self.in_grub())

    def test_links_do_not_lead_out_of_the_root(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        outside = pathlib.Path(folder.name)
        (outside / "grub").write_text('GRUB_CMDLINE_LINUX_DEFAULT="outside"\n')
        self.put(GRUB, "").unlink()
        (self.root / "etc/default/grub").symlink_to(outside / "grub")
        (self.root / "var").symlink_to(outside)
        inside = self.put(str(outside / "grub"), 'GRUB_CMDLINE_LINUX_DEFAULT="inside"\n')
        status, said = self.reserve("192M")
        self.assertEqual(status, 0, said)
        self.assertEqual(inside.read_text(), 'GRUB_CMDLINE_LINUX_DEFAULT="inside crashkernel=192M"\n')
        self.assertTrue((self.root / "etc/default/grub").is_symlink())
        self.assertEqual(self.reserve("--undo")[0], 0)
        self.assertEqual(inside.read_text(), 'GRUB_CMDLINE_LINUX_DEFAULT="inside"\n')
        self.assertEqual([path.name for path in outside.iterdir()], ["grub"])
        self.assertIn("outside", (outside / "grub").read_text())

    def test_an_edit_by_hand_is_not_passed_over(self):
        place = self.put(GRUB, 'GRUB_CMDLINE_LINUX_DEFAULT="quiet crashkernel=1G"\n')
        self.assertEqual(self.reserve("192M")[0], 0)
        place.write_text('GRUB_CMDLINE_LINUX_DEFAULT="quiet crashkernel=512M"\n')
        status, said = self.reserve("--undo")
        self.assertEqual(status, 0, said)
        self.assertIn("crashkernel=512M", place.read_text())
        self.assertRegex(said, "note: /etc/default/grub: crashkernel=512M in line 1 is not what kdumpkit wrote")
        self.put("/etc/default/grub.d/x.cfg", "")
        self.assertEqual(self.reserve("192M")[0], 0)
        mine = self.put("/etc/default/grub.d/kdumpkit.cfg", "GRUB_TIMEOUT=3\n")
        status, said = self.reserve("--undo")
        self.assertIn("kdumpkit.cfg is not what kdumpkit wrote, and stays", said)
        self.assertTrue(mine.exists())

    def test_garbage_in_the_record_is_not_believed(self):
        entry = self.put("/boot/loader/entries/a.conf", "linux /a\noptions root=1 crashkernel=192M\n")
        for garbage in ("", "{", "[1, 2]", "\0\xff", '{"parameter": 5}',
                        '{"parameter": "crashkernel=192M", "files": {"/boot/loader/entries/a.conf": '
                        '[{"before": "options init=/bin/sh", "after": "options root=1 crashkernel=192M"}]}}'):
            with self.subTest(garbage):
                self.put(RECORD, garbage)
                self.assertIn("reservation.json", self.refused(4, "--undo"))
                status, said = self.reserve("256M", "--dry-run")
                self.assertEqual(status, 0, said)
                self.assertRegex(said, "note: .*reservation.json: kdumpkit reserve has not written it so; ")
        self.assertEqual(self.reserve("256M")[0], 0)
        self.assertEqual(self.reserve("--undo")[0], 0)
        self.assertEqual(entry.read_text(), "linux /a\noptions root=1 crashkernel=192M\n")

    def test_undo_where_the_files_are_gone(self):
        self.put(GRUB, 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n')
        entry = self.put("/boot/loader/entries/a.conf", "linux /a\noptions root=1\n")
        record = self.root / RECORD.lstrip("/")
        self.assertEqual(self.reserve("192M")[0], 0)
        entry.unlink()  # its kernel was removed
        (self.root / "etc/default/grub").unlink()
        status, said = self.reserve("--undo")
        self.assertEqual(status, 0, said)
        self.assertIn("note: /boot/loader/entries/a.conf is gone", said)
        self.assertIn("note: /etc/default/grub is gone", said)
        self.assertIn("no boot loader's settings are left; if crashkernel=192M is still", said)
        self.assertFalse(record.exists())

    def test_undo_where_the_folder_of_grub_is_gone(self):
        self.debian()
        self.put("/usr/sbin/update-grub", "")
        folder, record = self.root / "etc/default/grub.d", self.root / RECORD.lstrip("/")
        self.assertEqual(self.reserve("192M")[0], 0)
        shutil.rmtree(folder)
        for menu, more in (("quiet crashkernel=192M", "note: /boot/grub/grub.cfg still has crashkernel=192M"),
                           ("quiet", "nothing is left to take back")):
            self.put("/boot/grub/grub.cfg", f"linux /vmlinuz {menu}\n")
            status, said = self.reserve("--undo", "--dry-run")
            self.assertEqual(status, 0, said)
            self.assertIn("note: /etc/default/grub.d/kdumpkit.cfg is gone already", said)
            self.assertIn(more, said)
        (self.root / "boot/grub").rename(self.root / "boot/elsewhere")
        status, said = self.reserve("--undo")
        self.assertEqual(status, 0, said)
        self.assertIn("note: /boot/grub/grub.cfg cannot be looked at; "
                      "if it still has crashkernel=192M, run: update-grub", said)
        self.assertFalse(record.exists())

    def test_undo_where_grub_no_longer_reads_the_folder(self):
        self.debian()
        self.assertEqual(self.reserve("192M")[0], 0)
        self.put("/usr/sbin/grub-mkconfig", ". /etc/default/grub\n")
        ours = self.root / "etc/default/grub.d/kdumpkit.cfg"
        self.assertTrue(ours.exists())
        self.assertEqual(self.reserve("256M")[0], 0)  # past what is not read
        status, said = self.reserve("--undo")
        self.assertEqual(status, 0, said)
        self.assertFalse(ours.exists())
        self.assertNotIn("crashkernel", (self.root / GRUB.lstrip("/")).read_text())

    def test_undo_where_a_disk_is_not_mounted(self):
        grub = self.put(GRUB, 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n')
        entry = self.put("/boot/loader/entries/a.conf", "linux /a\noptions root=1\n")
        before = self.files()
        self.assertEqual(self.reserve("192M")[0], 0)
        (self.root / "boot").rename(self.root / "elsewhere")
        status, said = self.reserve("--undo")
        self.assertEqual(status, 0, said)
        self.assertIn("note: /boot/loader/entries/a.conf cannot be read, and stays in the record", said)
        self.assertIn("next: mount what has /boot/loader/entries/a.conf", said)
        self.assertNotIn("crashkernel", grub.read_text())
        self.assertIn("/boot/loader/entries/a.conf", self.refused(3, "--undo"))
        (self.root / "elsewhere").rename(self.root / "boot")
        self.assertIn("crashkernel", entry.read_text())
        self.assertEqual(self.reserve("--undo")[0], 0)
        self.assertEqual(self.files(), before)

    def test_a_record_of_an_earlier_version(self):
        self.put(GRUB, 'GRUB_CMDLINE_LINUX_DEFAULT="quiet crashkernel=192M"\n')
        self.put(RECORD, '{"parameter": "crashkernel=192M", "earlier": {"/etc/default/grub": "crashkernel=1G", '
                         '"/etc/kernel/cmdline": "", "/x": "$(reboot)"}}')
        said = self.refused(4, "--undo")
        self.assertIn("crashkernel=192M", said)
        self.assertIn("crashkernel=1G in /etc/default/grub, nothing in /etc/kernel/cmdline", said)
        self.assertNotIn("reboot)", said)
        status, said = self.reserve("256M", "--dry-run")
        self.assertEqual(status, 0, said)
        self.assertIn("crashkernel=1G in /etc/default/grub", said)

    def test_three_at_once(self):
        place = self.put(GRUB, 'GRUB_CMDLINE_LINUX_DEFAULT="quiet crashkernel=1G"\n')
        before = self.files()
        for _ in range(10):
            command = [settings.programs / "kdumpkit", "reserve", "--root", self.root]
            running = [subprocess.Popen([*command, size], stdout=subprocess.DEVNULL)
                       for size in ("192M", "256M", "300M")]
            self.assertEqual([one.wait(60) for one in running], [0, 0, 0])
            self.assertRegex(place.read_text(), '"quiet crashkernel=(192|256|300)M"\n')
            self.assertEqual(self.reserve("--undo")[0], 0)
            self.assertEqual(self.files(), before)

    def test_settings_that_cannot_be_read(self):
        (self.root / "etc/default").mkdir(parents=True)
        os.mkfifo(self.root / GRUB.lstrip("/"))
        said = self.refused(1, "192M")
        self.assertIn("cannot read /etc/default/grub: it is no regular file", said)
        self.put("/boot/loader/entries/a.conf", "linux /a\n")
        (self.root / "boot/loader/entries/old").mkdir()
        status, said = self.reserve("192M")
        self.assertEqual(status, 0, said)
        self.assertEqual(said.count("note: "), 1, said)
        self.assertIn("note: /etc/default/grub cannot be read, and is passed over", said)

    def on_this_system(self, *words):
        """What a command says on the running system, in a mount namespace where its files are those of self.root."""
        if os.geteuid() != 0 or subprocess.run(["unshare", "--mount", "true"], check=False).returncode != 0:
            self.skipTest("a mount namespace needs root, and to be allowed here")
        places = " && ".join(f"mount --bind {self.root}{place} {place}"
                             for place in ("/etc/default", "/var/lib", "/boot", "/usr/sbin"))
        command = " ".join((str(settings.programs.resolve() / "kdumpkit"), *words))
        done = subprocess.run(["unshare", "--mount", "/bin/sh", "-c", f"{places} && {command}"], capture_output=True,
                              text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done)
        return done.stdout

    def update_grub(self, line):
        """Has update-grub make a menu of one kernel with these words, which a shell expands."""
        self.put("/usr/sbin/update-grub", f'#!/bin/sh\necho "linux /vmlinuz root=1 {line}" >/boot/grub/grub.cfg\n'
                 ).chmod(0o755)

    def debian(self):
        self.put(GRUB, 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n')
        self.put("/etc/default/grub.d/x.cfg", "")
        (self.root / "var/lib").mkdir(parents=True)
        (self.root / "boot/grub").mkdir(parents=True)

    def test_what_update_grub_made_is_looked_at(self):
        self.debian()
        for words, warns in (("quiet crashkernel=64M", False), ("quiet", True)):
            self.update_grub(words)
            said = self.on_this_system("reserve", "64M")
            self.assertEqual("warning: /boot/grub/grub.cfg was made anew, and of its 1 kernels" in said, warns, said)
            (self.root / "etc/default/grub.d/kdumpkit.cfg").unlink()

    def test_what_update_grub_left_after_undo_is_looked_at(self):
        self.debian()
        left = "warning: /boot/grub/grub.cfg was made anew, and of its 1 kernels 1 still get crashkernel=64M: "
        for command in ("reserve", "setup"):
            for words, text, warns in (("quiet", "quiet", ""),
                                       ("quiet crashkernel=64M", "quiet", "look in /etc/grub.d"),
                                       ("crashkernel=64M", "crashkernel=64M", "GRUB's settings had it before")):
                with self.subTest((command, words, text)):
                    self.put(GRUB, f'GRUB_CMDLINE_LINUX_DEFAULT="{text}"\n')
                    self.update_grub("crashkernel=64M")
                    self.on_this_system("reserve", "64M")
                    self.update_grub(words)
                    said = self.on_this_system(command, "--undo")
                    self.assertFalse((self.root / RECORD.lstrip("/")).exists())
                    self.assertEqual(left.removeprefix("warning: ") in said, bool(warns), said)
                    self.assertIn(warns, said)
                    self.assertEqual("warning: " in said, bool(warns) and command == "reserve", said)

    def test_a_root_that_is_not_there(self):
        self.root /= "none"
        for words in (("192M",), ("--undo",)):
            self.assertIn("there is no such folder", self.refused(3, *words))
        self.assertFalse(self.root.exists())

    def test_windows_line_ends_in_a_file_of_a_shell(self):
        self.put(GRUB, 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\r\n')
        self.assertIn("CRLF", self.refused(5, "192M"))

    def test_a_kernel_with_a_command_line_of_its_own(self):
        self.put("/efi/EFI/Linux/a.efi", "MZ")
        self.assertIn("/efi/EFI/Linux/a.efi", self.refused(3, "192M"))
        self.put("/etc/kernel/cmdline", "root=1")
        status, said = self.reserve("192M")
        self.assertEqual(status, 0, said)
        self.assertRegex(said, "next: make .*kernel-install add .*\nnext: reboot")

    def test_options_of_setup(self):
        for words in (("--undo", "--size", "192M"), ("--undo", "--take-over"), ("--size", "999999G", "--dry-run")):
            with self.subTest(words):
                done = subprocess.run([settings.programs / "kdumpkit", "setup", *words], capture_output=True, text=True,
                                      timeout=60, check=False)
                self.assertEqual(done.returncode, 2, done)
                self.assertIn("next:", done.stderr)

    def test_json_is_json_on_this_machine(self):
        """Whatever it has: a kernel's image, a boot loader, memory for a capture kernel, or none of these."""
        rows = {("setup", "--dry-run"): (0, 1, 2, 3, 5), ("setup", "--undo", "--dry-run"): (0, 1),
                ("estimate",): (0, 1, 2, 3, 5), ("config", "check"): (0, 2), ("config", "show"): (0, 2),
                ("config", "explain"): (0, 2), ("status",): (0, 2, 3), ("doctor",): (0, 10, 11),
                ("list",): (0, 1, 2), ("prune", "--dry-run"): (0, 1, 2)}
        for words, codes in rows.items():
            with self.subTest(words):
                done = subprocess.run([settings.programs / "kdumpkit", *words, "--json"], capture_output=True,
                                      text=True, timeout=120, check=False)
                self.assertIn(done.returncode, codes, done)
                if done.stdout or done.returncode in (0, 10, 11):
                    told = json.loads(done.stdout)
                if words[0] == "setup":
                    self.assertEqual(told["error"] is None, done.returncode == 0, done)
                    for step in told["steps"]:
                        self.assertNotIn("next:", step["text"])

    def test_setup_says_once_what_remains(self):
        for name in ("etc/default", "var/lib", "boot", "usr/sbin"):
            (self.root / name).mkdir(parents=True)
        self.put(RECORD, "{")
        said = self.on_this_system("setup", "--undo")
        self.assertIn("reservation  remains  cannot read /var/lib/kdumpkit/reservation.json: ", said)
        self.assertEqual(said.count("next: "), 1, said)

    def test_sizes_and_options(self):
        self.put(GRUB, 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n')
        memory = next(int(line.split()[1]) for line in pathlib.Path("/proc/meminfo").read_text().splitlines()
                      if line.startswith("MemTotal:"))
        self.assertIn("this machine has", self.refused(2, f"{memory * 2}K", "--dry-run", root=False))
        for words in (("999999G",), ("999999G", "--dry-run"), ("1M",), ("auto",), ("192M", "--undo"), ("--high",),
                      ("--shrink", "96M"), ("--show",), ("192M", "--cma", "x"), ("--dry-run",), ()):
            with self.subTest(words):
                self.refused(2, *words)


if __name__ == "__main__":
    main(__doc__)
