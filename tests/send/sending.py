# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of kdump-send share: running it, and random bytes to send."""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import unittest

# docs/exit-codes.md
STORED, INPUT, USAGE, UNREACHABLE, REFUSED = 0, 1, 2, 6, 7
MIB = 1 << 20
WAIT = 120  # seconds, of a busy machine
settings = argparse.Namespace()


def wait_until(true, what):
    deadline = time.monotonic() + WAIT
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {WAIT} s for this: {what}")
        time.sleep(0.02)


class Run:
    """One run of kdump-send, fed piece by piece."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([settings.programs / "kdump-send", "--json", *map(str, arguments)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.said = ""
        self.report = None
        self.feeder = None

    def feed(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def feed_rest(self, data):
        """The last of it, meanwhile: the pipe may be full until a server is back."""
        def feed():
            try:
                self.feed(data)
                self.process.stdin.close()
            except BrokenPipeError:
                pass  # it has ended
        self.feeder = threading.Thread(target=feed, daemon=True)
        self.feeder.start()

    def end(self):
        """The exit code; the messages are in `said`, what --json tells in `report`."""
        if self.feeder:
            self.feeder.join(WAIT)
            self.process.stdin.close()
            self.process.stdin = None  # for communicate()
        out, said = self.process.communicate(timeout=WAIT)
        self.said = said.decode()
        self.report = json.loads(out) if out else None
        return self.process.returncode


class Sending(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="kdump-send-")
        self.addCleanup(folder.cleanup)
        self.work = pathlib.Path(folder.name)
        self.work.chmod(0o755)  # servers drop their rights

    def send(self, data, *arguments):
        """Sends `data` at once; the ended run and its exit code."""
        run = Run(*arguments)
        try:
            run.feed(data)
        except BrokenPipeError:
            pass  # it ended before it had read all
        return run, run.end()

    def stored(self, data, *arguments):
        run, code = self.send(data, *arguments)
        self.assertEqual(code, STORED, run.said)
        self.assertEqual(run.report["result"], "stored")
        self.assertEqual(run.report["bytes"], len(data))
        return run

    def fails(self, expected, text, data, *arguments):
        """It must end with that code, and say `text` and a next step."""
        run, code = self.send(data, *arguments)
        self.assertEqual(code, expected, run.said)
        self.assertIn("error: cannot ", run.said)
        self.assertIn(text, run.said)
        self.assertIn("\n  next: ", run.said)
        return run

    def same(self, path, data):
        """Byte for byte; without printing megabytes when it is not."""
        arrived = path.read_bytes()
        if arrived != data:
            at = next((i for i, (a, b) in enumerate(zip(arrived, data)) if a != b), min(len(arrived), len(data)))
            self.fail(f"{path} has {len(arrived)} bytes, {len(data)} were sent; they differ at {at}")


def random_bytes(size):
    return os.urandom(size)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", type=pathlib.Path, required=True)
    rest = parser.parse_known_args(namespace=settings)[1]
    unittest.main(argv=[sys.argv[0], *rest])
