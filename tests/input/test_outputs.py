#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Places that cannot be written to, or not for long: each output of the program must end with exit code 6 and a message
with a next step, and leave nothing, or a part that says so and can be read."""
import os
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "oracle"))
import kdump_reader  # noqa: E402
from suite import main, settings  # noqa: E402

DESTINATION = 6  # docs/exit-codes.md
OUTPUTS = {"dump": ("-d0",), "compressed": ("-d0", "-z"), "elf": ("-d0", "-E"), "stream": ("-d0", "--format", "stream"),
           "dmesg": ("--dump-dmesg",)}


def run(*arguments, limit=None, stdout=subprocess.PIPE, before=()):
    def prepare():
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    program = settings.programs / "makedumpfile-lite"
    return subprocess.run([*before, program, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=stdout,
                          stderr=subprocess.PIPE, timeout=120, check=False, preexec_fn=prepare,
                          # TSan writes a file before main() can say that SIGXFSZ is to be ignored.
                          restore_signals=not settings.sanitized)


class Outputs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.work = pathlib.Path(folder.name)
        self.vmcore = self.work / "vmcore"
        subprocess.run([settings.programs / "write-vmcore", self.vmcore], check=True)

    def refused(self, done, output):
        said = done.stderr.decode()
        self.assertEqual(done.returncode, DESTINATION, said)
        self.assertIn("error: cannot ", said)
        self.assertIn("\n  next: ", said)
        self.assertIn(str(output), said)
        return said

    def partial(self, output, said):
        """What was left of a dump: marked, named, and every page that arrived can be read."""
        if not output.exists():
            return 0
        self.assertIn(f"{output} is incomplete", said)
        dump = kdump_reader.KdumpFile(output)
        self.assertTrue(dump.status & kdump_reader.INCOMPLETE)
        arrived = [pfn for pfn in dump.pfns() if dump.descriptor(pfn)[0] != 0]
        for pfn in arrived:
            dump.page(pfn)
        return len(arrived)

    def test_full_device(self):
        for name, options in OUTPUTS.items():
            if name == "elf":  # no device reads as zero where nothing was written; it is refused as such
                continue
            with self.subTest(name):
                self.refused(run("-f", *options, self.vmcore, "/dev/full"), "/dev/full")
                self.assertTrue(pathlib.Path("/dev/full").is_char_device())

    def test_flattened_to_a_full_device(self):
        with open("/dev/full", "wb") as full:
            self.refused(run("-d0", "-F", self.vmcore, stdout=full), "standard output")

    def test_standard_output_that_is_closed(self):
        """Another file must not get its number either."""
        closed = ("/bin/sh", "-c", 'exec "$0" "$@" >&-')
        for options in (("-d0", "-F"), ("-d0", "--format", "stream"), ("--dump-dmesg",), ("--mem-usage",)):
            with self.subTest(options):
                self.refused(run(*options, self.vmcore, before=closed), "standard output")

    def test_file_that_is_replaced_is_read_by_its_owner_only(self):
        for name, options in OUTPUTS.items():
            with self.subTest(name):
                output = self.work / name
                output.write_bytes(b"old")
                output.chmod(0o666)
                done = run("-f", *options, self.vmcore, output)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(output.stat().st_mode & 0o777, 0o600)

    def test_no_room_after_a_while(self):
        arrived = 0
        for name, options in OUTPUTS.items():
            for limit in (0, 1) if name == "dmesg" else (0, 1, 4096, 100_000):
                with self.subTest(name, limit=limit):
                    output = self.work / f"{name}-{limit}"
                    said = self.refused(run(*options, self.vmcore, output, limit=limit), output)
                    if name in ("dump", "compressed"):
                        arrived += self.partial(output, said)
                    elif name == "dmesg":
                        self.assertLessEqual(len(output.read_bytes()) if output.exists() else 0, limit)
                    elif output.exists():
                        self.assertIn(f"{output} is incomplete", said)
        self.assertGreater(arrived, 20)

    @unittest.skipUnless(os.geteuid() == 0, "mounting needs root; test_no_room_after_a_while covers the rest")
    def test_full_filesystem(self):
        mount = self.work / "small"
        mount.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100k", "none", mount], check=False,
                          stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("mounting is not allowed here")
        self.addCleanup(subprocess.run, ["umount", "-l", mount], check=True)
        for name, options in OUTPUTS.items():
            if name == "dmesg":
                continue
            with self.subTest(name):
                output = mount / name
                said = self.refused(run(*options, self.vmcore, output), output)
                self.assertIn("No space left", said)
                if name in ("dump", "compressed"):
                    self.partial(output, said)
                output.unlink(missing_ok=True)

    def test_a_reader_that_goes_away(self):
        for options in (("-d0", "-F"), ("-d0", "--format", "stream")):
            with self.subTest(options):
                read, write = os.pipe()
                os.close(read)
                arguments = (*options, self.vmcore) if "-F" in options else (*options, self.vmcore, "-")
                try:
                    self.refused(run(*arguments, stdout=write), "standard output")
                finally:
                    os.close(write)

    def without_root(self, *arguments):
        """Permissions bind root too without these capabilities. Another user might not reach the program at all."""
        drop = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
        return run(*arguments, before=drop if os.geteuid() == 0 else ())

    def test_folder_that_may_not_be_written(self):
        folder = self.work / "locked"
        folder.mkdir()
        folder.chmod(0o555)
        for name, options in OUTPUTS.items():
            with self.subTest(name):
                self.refused(self.without_root(*options, self.vmcore, folder / "out"), folder / "out")
        self.assertEqual(list(folder.iterdir()), [])

    def test_file_that_may_not_be_written(self):
        output = self.work / "precious"
        output.write_text("precious")
        output.chmod(0o444)
        for name, options in OUTPUTS.items():
            with self.subTest(name):
                self.refused(self.without_root("-f", *options, self.vmcore, output), output)
                self.assertEqual(output.read_text(), "precious")

    def test_no_such_folder(self):
        for name, options in OUTPUTS.items():
            with self.subTest(name):
                self.refused(run(*options, self.vmcore, self.work / "none" / "out"), self.work / "none" / "out")


if __name__ == "__main__":
    main(__doc__)
