#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""kdump-send to OpenSSH: what arrives is what was sent, also after the server died; and who is refused."""
import os
import signal
import socket
import stat
import subprocess
import time

import sending
from sending import INPUT, MIB, REFUSED, STORED, UNREACHABLE, USAGE, Run, random_bytes, wait_until
from servers import Sshd, free_port


class Sftp(sending.Sending):
    def setUp(self):
        super().setUp()
        self.sshd = Sshd(self.work / "sshd").start()
        self.addCleanup(self.sshd.kill)

    def files(self):
        return sorted(str(path.relative_to(self.sshd.data)) for path in self.sshd.data.rglob("*") if path.is_file())

    def test_stream_arrives_in_a_folder_made_for_it(self):
        data = random_bytes(3 * MIB + 17)
        for scheme in ("sftp", "scp"):
            with self.subTest(scheme):
                run = self.stored(data, "--name", f"{scheme}/host 1/vmcore", self.sshd.url("/crash", scheme=scheme))
                path = self.sshd.data / "crash" / scheme / "host 1" / "vmcore"
                self.same(path, data)
                self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
                self.assertEqual(stat.S_IMODE(path.parent.stat().st_mode), 0o700)
                self.assertEqual(run.report["attempts"], 1)
                self.assertIn("/s", run.said)
        self.assertEqual(self.files(), ["crash/scp/host 1/vmcore", "crash/sftp/host 1/vmcore"])

    def test_nothing_and_a_slow_stream(self):
        self.stored(b"", "--name", "empty", self.sshd.url())
        self.same(self.sshd.data / "empty", b"")
        run = Run("--name", "slow", "--stall", 2, self.sshd.url())
        pieces = [random_bytes(1000) for _ in range(4)]
        for piece in pieces:  # waiting for input is no stall
            run.feed(piece)
            time.sleep(1.5)
        self.assertEqual(run.end(), STORED, run.said)
        self.assertEqual(run.report["attempts"], 1, run.said)
        self.same(self.sshd.data / "slow", b"".join(pieces))

    def test_complete_file_is_replaced_only_by_a_complete_one(self):
        self.stored(b"old", "--name", "vmcore", self.sshd.url())
        (self.sshd.data / "vmcore.incomplete").write_bytes(b"left by somebody")
        self.stored(b"new and longer", "--name", "vmcore", self.sshd.url())
        self.same(self.sshd.data / "vmcore", b"new and longer")
        self.assertEqual(self.files(), ["vmcore"])

    def test_strangers_are_refused(self):
        stranger = self.sshd.make_key("stranger")
        self.fails(REFUSED, "does not let us in", b"x", "--name", "a", self.sshd.url(key=stranger))
        self.sshd.know(stranger)
        self.fails(REFUSED, "another one than in known_hosts", b"x", "--name", "a", self.sshd.url())
        self.sshd.known_hosts.write_text("")
        self.fails(REFUSED, "no key of this host", b"x", "--name", "a", self.sshd.url())
        self.sshd.known_hosts.unlink()
        run, code = self.send(b"x", "--name", "a", self.sshd.url())
        self.assertEqual(code, 3, run.said)
        self.assertEqual(self.files(), [])

    def killed_half_way(self, *arguments):
        data = random_bytes(8 * MIB)
        partial = self.sshd.data / "vmcore.incomplete"
        run = Run("--name", "vmcore", *arguments, self.sshd.url())
        run.feed(data[:4 * MIB])
        wait_until(lambda: partial.exists() and partial.stat().st_size > 3 * MIB, "most of it is there")
        self.sshd.kill()
        return data, partial, run

    def test_server_killed_and_started_again(self):
        data, partial, run = self.killed_half_way("--retries", 20)
        os.truncate(partial, 3 * MIB - 5)  # as after a crash of that machine
        run.feed_rest(data[4 * MIB:])
        time.sleep(1)
        self.sshd.start()
        self.assertEqual(run.end(), STORED, run.said)
        self.same(self.sshd.data / "vmcore", data)
        self.assertEqual(run.report["resumed_at"], [3 * MIB - 5], run.said)
        self.assertEqual(self.files(), ["vmcore"])

    def test_server_killed_when_all_was_sent_but_not_closed(self):
        data = random_bytes(4 * MIB)
        partial = self.sshd.data / "vmcore.incomplete"
        run = Run("--name", "vmcore", "--retries", 20, self.sshd.url())
        run.feed(data)
        wait_until(lambda: partial.exists() and partial.stat().st_size == len(data), "all of it is there")
        self.sshd.kill()
        os.truncate(partial, MIB)
        self.sshd.start()
        self.assertEqual(run.end(), STORED, run.said)
        self.same(self.sshd.data / "vmcore", data)
        self.assertEqual(run.report["resumed_at"], [MIB], run.said)
        self.assertEqual(self.files(), ["vmcore"])

    def test_more_was_lost_than_the_buffer_holds(self):
        _, partial, run = self.killed_half_way("--retries", 20, "--buffer", 1)
        os.truncate(partial, MIB)
        self.sshd.start()
        self.assertEqual(run.end(), UNREACHABLE, run.said)
        self.assertIn("no longer in the buffer", run.said)
        self.assertIn("--buffer", run.said)
        self.assertEqual(self.files(), ["vmcore.incomplete"])

    def test_file_goes_on_after_a_restart_of_the_program(self):
        data = random_bytes(5 * MIB)
        source = self.work / "vmcore"
        source.write_bytes(data)
        partial = self.sshd.data / "vmcore.incomplete"
        partial.write_bytes(data[:2 * MIB])
        run, code = self.send(b"", "--file", source, self.sshd.url())
        self.assertEqual(code, STORED, run.said)
        self.assertEqual(run.report["resumed_at"], [2 * MIB])
        self.same(self.sshd.data / "vmcore", data)
        partial.write_bytes(data[:MIB] + b"of another file")
        run, code = self.send(b"", "--file", source, self.sshd.url())
        self.assertEqual(code, STORED, run.said)
        self.assertEqual(run.report["resumed_at"], [])
        self.same(self.sshd.data / "vmcore", data)

    def test_zeros_at_the_end_of_what_is_there_prove_nothing(self):
        data = random_bytes(2 * MIB) + bytes(MIB) + random_bytes(MIB)
        source = self.work / "vmcore"
        source.write_bytes(data)
        (self.sshd.data / "vmcore.incomplete").write_bytes(bytes(3 * MIB))
        run, code = self.send(b"", "--file", source, self.sshd.url())
        self.assertEqual(code, STORED, run.said)
        self.assertEqual(run.report["resumed_at"], [])
        self.same(self.sshd.data / "vmcore", data)

    def run_without(self, redirections, *arguments):
        """With closed standard descriptors, which the shell makes: subprocess opens them again."""
        return subprocess.run(["sh", "-c", f'exec "$@" {redirections}', "sh", sending.settings.programs / "kdump-send",
                               *map(str, arguments), self.sshd.url()],
                              capture_output=True, text=True, check=False, timeout=sending.WAIT)

    def test_standard_descriptors_that_are_closed(self):
        run = self.run_without("<&-", "--name", "vmcore")
        self.assertEqual(run.returncode, INPUT, run.stderr)
        self.assertIn("standard input is closed", run.stderr)
        self.assertIn("\n  next: ", run.stderr)
        self.assertEqual(self.files(), [])
        source = self.work / "vmcore"
        source.write_bytes(random_bytes(MIB))
        run = self.run_without("<&- >&- 2>&-", "--file", source)
        self.assertEqual(run.returncode, STORED, run.stderr)
        self.same(self.sshd.data / "vmcore", source.read_bytes())

    def test_ended_by_a_signal(self):
        run = Run("--name", "vmcore", self.sshd.url())
        run.feed(random_bytes(MIB))
        wait_until(lambda: (self.sshd.data / "vmcore.incomplete").exists(), "it has begun")
        run.process.send_signal(signal.SIGTERM)
        self.assertEqual(run.end(), -signal.SIGTERM, run.said)
        self.assertEqual(self.files(), ["vmcore.incomplete"])

    def stop_answering(self, *options):
        run = Run("--name", "vmcore", *options, self.sshd.url())
        run.feed(random_bytes(MIB))
        wait_until((self.sshd.data / "vmcore.incomplete").exists, "it has begun")
        self.sshd.signal(signal.SIGSTOP)
        run.feed_rest(random_bytes(24 * MIB))
        self.assertEqual(run.end(), UNREACHABLE, run.said)
        return run

    def test_server_that_stops_answering(self):
        run = self.stop_answering("--stall", 3, "--retries", 0)
        self.assertIn("took nothing for 3 seconds", run.said)

    def test_server_that_never_answers_again(self):
        """Further attempts are within the time, however many there may be."""
        begin = time.monotonic()
        run = self.stop_answering("--stall", 2, "--timeout", 2, "--give-up", 8, "--retries", 1000)
        self.assertLess(time.monotonic() - begin, 40)
        self.assertIn("trying again", run.said)
        self.assertGreater(run.report["attempts"], 1)

    def test_what_is_left_over_can_be_asked_for(self):
        def left_over(name):
            done = subprocess.run([sending.settings.programs / "kdump-send", "--left-over", "--name", name,
                                   self.sshd.url()], capture_output=True, text=True, check=False, timeout=sending.WAIT)
            self.assertEqual(done.returncode, STORED, done.stderr)
            return done.stdout
        (self.sshd.data / "vmcore.incomplete").write_bytes(bytes(12345))
        self.assertEqual(left_over("vmcore"), "12345\n")
        self.assertEqual(left_over("other"), "0\n")
        self.assertEqual(self.files(), ["vmcore.incomplete"])

    def test_place_that_cannot_be_written(self):
        (self.sshd.data / "file").write_text("in the way")
        self.fails(REFUSED, "", b"x", "--name", "a", self.sshd.url("/file"))

    def test_server_without_room(self):
        self.sshd.kill()
        self.sshd.limit_files(MIB)
        self.sshd.start()
        run = self.fails(UNREACHABLE, "", random_bytes(3 * MIB), "--retries", 1, "--name", "a", self.sshd.url())
        self.assertEqual(self.files(), ["a.incomplete"], run.said)

    def test_probe(self):
        run, code = self.send(b"", "--probe", self.sshd.url("/new"))
        self.assertEqual(code, STORED, run.said)
        self.assertEqual([run.report[key] for key in ("reachable", "writable", "removable")], [True] * 3)
        self.assertEqual(self.files(), [])
        self.sshd.known_hosts.write_text("")
        run, code = self.send(b"", "--probe", self.sshd.url("/new"))
        self.assertEqual(code, REFUSED, run.said)
        self.assertEqual([run.report[key] for key in ("reachable", "writable")], [True, False])


class NoServer(sending.Sending):
    def url(self, place):
        for name in ("key", "known_hosts"):
            (self.work / name).touch()
        return f"sftp://me@{place}/x?key={self.work}/key&known_hosts={self.work}/known_hosts"

    def test_nobody_listens(self):
        begin = time.monotonic()
        run = self.fails(UNREACHABLE, "no connection", b"x", "--retries", 2, "--name", "a",
                         self.url(f"127.0.0.1:{free_port()}"))
        self.assertEqual(run.report["attempts"], 3)
        self.assertGreater(time.monotonic() - begin, 2.9)  # pauses of 1 and 2 seconds

    def test_unknown_name(self):
        self.fails(UNREACHABLE, "could not be resolved", b"x", "--retries", 0, "--name", "a",
                   self.url("no-such-host.invalid"))

    def test_server_that_says_nothing(self):
        with socket.socket() as mute:
            mute.bind(("127.0.0.1", 0))
            mute.listen()
            self.fails(UNREACHABLE, "more than 2 seconds", b"x", "--retries", 0, "--timeout", 2, "--name", "a",
                       self.url(f"127.0.0.1:{mute.getsockname()[1]}"))

    def test_wrong_use(self):
        for text, arguments in [
                ("the URL is missing", ()), ("there is no such option", ("--nmae", "a", self.url("h"))),
                ("did you mean --name?", ("--nmae", "a", self.url("h"))), ("has no name", (self.url("h"),)),
                ("not a relative path", ("--name", "../a", self.url("h"))),
                ("not a relative path", ("--name", "/a", self.url("h"))),
                ("known_hosts= is missing", ("--name", "a", "sftp://me@h/x?key=/k")),
                ("not a target of kdump-send", ("--name", "a", "file:///x")),
                ("whole number", ("--stall", "0", "--name", "a", self.url("h"))),
                ("there is a URL already", ("--name", "a", self.url("h"), self.url("h")))]:
            with self.subTest(text):
                self.fails(USAGE, text, b"", *arguments)


if __name__ == "__main__":
    sending.main()
