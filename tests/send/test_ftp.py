#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""kdump-send to vsftpd, in the clear and with TLS."""
import os
import tempfile
import time

import sending
from sending import MIB, REFUSED, STORED, Run, random_bytes, wait_until
from servers import Authority, Vsftpd


class Ftp(sending.Sending):
    def setUp(self):
        super().setUp()
        self.credentials = self.work / "credentials"
        self.credentials.write_text(f"user = anonymous\npassword = {Vsftpd.PASSWORD}\n")

    def server(self, *certificate):
        self.ftpd = Vsftpd(self.work / "ftpd", *certificate).start()
        self.addCleanup(self.ftpd.kill)

    def url(self, scheme="ftp", path="/crash", **parameters):
        query = "".join(f"&{name}={value}" for name, value in parameters.items())
        return f"{scheme}://127.0.0.1:{self.ftpd.port}{path}?credentials={self.credentials}{query}"

    def files(self):
        return sorted(str(path.relative_to(self.ftpd.data)) for path in self.ftpd.data.rglob("*") if path.is_file())

    def test_stream_arrives(self):
        self.server()
        data = random_bytes(3 * MIB + 17)
        self.stored(data, "--name", "host 1/dump/vmcore", self.url())
        self.same(self.ftpd.data / "host 1/dump/vmcore", data)
        self.stored(b"new", "--name", "host 1/dump/vmcore", self.url())
        self.same(self.ftpd.data / "host 1/dump/vmcore", b"new")
        self.stored(b"", "--name", "empty", self.url())
        self.assertEqual(self.files(), ["empty", "host 1/dump/vmcore"])

    def test_with_tls(self):
        authority, other = Authority(self.work / "ca"), Authority(self.work / "other", "Other CA")
        self.server(*authority.issue("localhost"))
        data = random_bytes(MIB)
        self.stored(data, "--name", "vmcore", self.url("ftps", tls="explicit", ca=authority.certificate))
        self.same(self.ftpd.data / "vmcore", data)
        self.fails(REFUSED, "not who it should be", b"x", "--name", "a",
                   self.url("ftps", tls="explicit", ca=other.certificate))
        self.fails(REFUSED, "", b"x", "--name", "a", self.url())  # the server wants TLS
        self.assertEqual(self.files(), ["vmcore"])

    def test_wrong_password(self):
        self.server()
        self.credentials.write_text("user = anonymous\npassword = guessed\n")
        self.fails(REFUSED, "does not let us in", b"x", "--name", "a", self.url())

    def test_folder_that_may_not_be_written(self):
        self.server()
        self.fails(REFUSED, "", b"x", "--name", "a", self.url(path="/"))

    def test_file_goes_on_after_a_restart_of_the_program(self):
        self.server()
        data = random_bytes(5 * MIB)
        partial = self.ftpd.data / "vmcore.incomplete"
        with tempfile.NamedTemporaryFile() as source:
            source.write(data)
            source.flush()
            for there, resumed in ((data[:2 * MIB], [2 * MIB]), (bytes(MIB) + data[MIB:2 * MIB], [])):
                partial.write_bytes(there)
                partial.chmod(0o666)
                run = Run("--name", "vmcore", "--file", source.name, self.url())
                self.assertEqual(run.end(), STORED, run.said)
                self.assertEqual(run.report["resumed_at"], resumed)
                self.same(self.ftpd.data / "vmcore", data)

    def test_server_killed_and_started_again(self):
        self.server()
        data = random_bytes(8 * MIB)
        partial = self.ftpd.data / "vmcore.incomplete"
        run = Run("--name", "vmcore", "--retries", 20, self.url())
        run.feed(data[:4 * MIB])
        wait_until(lambda: partial.exists() and partial.stat().st_size > 3 * MIB, "most of it is there")
        self.ftpd.kill()
        os.truncate(partial, 3 * MIB - 5)
        run.feed_rest(data[4 * MIB:])
        time.sleep(1)
        self.ftpd.start()
        self.assertEqual(run.end(), STORED, run.said)
        self.same(self.ftpd.data / "vmcore", data)
        self.assertEqual(run.report["resumed_at"], [3 * MIB - 5])
        self.assertEqual(self.files(), ["vmcore"])

    def test_probe(self):
        self.server()
        run, code = self.send(b"", "--probe", self.url())
        self.assertEqual(code, STORED, run.said)
        self.assertEqual([run.report[key] for key in ("reachable", "writable", "removable")], [True] * 3)
        self.assertEqual(self.files(), [])


if __name__ == "__main__":
    sending.main()
