#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""kdump-send to nginx over HTTPS with client certificates: what arrives, and which certificates are refused."""
import http.server
import ssl
import threading
import time

import sending
from sending import MIB, REFUSED, STORED, UNREACHABLE, Run, random_bytes, wait_until
from servers import Authority, Nginx


class Digesting(http.server.BaseHTTPRequestHandler):
    """Takes all of a PUT, and then needs `pause` seconds before it answers."""
    pause = 0

    def do_PUT(self):
        self.server.taken = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.over.wait(self.pause)
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Https(sending.Sending):
    def setUp(self):
        super().setUp()
        self.authority = Authority(self.work / "ca")
        self.client = self.authority.issue("client")
        self.server(self.authority.issue("localhost"))

    def server(self, certificate, **more):
        self.nginx = Nginx(self.work / f"nginx-{time.monotonic_ns()}", self.authority, *certificate, **more).start()
        self.addCleanup(self.nginx.kill)

    def url(self, path="", ca=None, client=None):
        certificate, key = client or self.client
        return self.nginx.url(path, ca=ca or self.authority.certificate, cert=certificate, key=key)

    def files(self):
        return sorted(str(path.relative_to(self.nginx.data)) for path in self.nginx.data.rglob("*") if path.is_file())

    def test_stream_and_file_arrive(self):
        data = random_bytes(3 * MIB + 17)
        self.stored(data, "--name", "host 1/dump/vmcore", self.url())
        self.same(self.nginx.data / "host 1/dump/vmcore", data)
        source = self.work / "vmcore"
        source.write_bytes(data)
        run, code = self.send(b"", "--file", source, self.url("/host%201"))
        self.assertEqual(code, STORED, run.said)
        self.same(self.nginx.data / "host 1/vmcore", data)
        self.stored(b"", "--name", "empty", self.url())
        self.same(self.nginx.data / "empty", b"")

    def test_nothing_appears_before_all_is_there(self):
        run = Run("--name", "vmcore", self.url())
        run.feed(random_bytes(MIB))
        time.sleep(2)
        self.assertEqual(self.files(), [])
        run.process.kill()
        run.end()
        time.sleep(1)
        self.assertEqual(self.files(), [])

    def test_wrong_certificates(self):
        other = Authority(self.work / "other", "Other CA")
        self.fails(REFUSED, "not who it should be", b"x", "--name", "a", self.url(ca=other.certificate))
        self.fails(REFUSED, "HTTP 400", b"x", "--name", "a", self.url(client=other.issue("client")))
        run, code = self.send(b"x", "--name", "a", self.nginx.url("", ca=self.authority.certificate))
        self.assertEqual(code, REFUSED, run.said)
        self.server(self.authority.issue("late", end="20210101000000Z"))
        self.fails(REFUSED, "expired", b"x", "--name", "a", self.url())
        self.assertEqual(self.files(), [])

    def test_host_that_the_certificate_does_not_name(self):
        url = self.url().replace("127.0.0.1", "127.0.0.2")
        self.nginx.kill()
        self.nginx.config.write_text(self.nginx.config.read_text().replace("listen 127.0.0.1", "listen 0.0.0.0"))
        self.nginx.start()
        self.fails(REFUSED, "not who it should be", b"x", "--name", "a", url)

    def test_server_that_takes_no_put_or_not_so_much(self):
        self.server(self.authority.issue("plain"), more="")
        self.fails(REFUSED, "HTTP 405", b"x", "--name", "a", self.url())
        self.server(self.authority.issue("small"), more="dav_methods PUT; client_max_body_size 1m;")
        self.fails(REFUSED, "HTTP 413", random_bytes(3 * MIB), "--name", "a", self.url())
        self.assertEqual(self.files(), [])

    def test_server_killed_and_started_again(self):
        for buffer, size in ((16, 4), (1, 4)):
            with self.subTest(buffer=buffer):
                data = random_bytes(size * MIB)
                run = Run("--name", f"vmcore-{buffer}", "--buffer", buffer, "--retries", 20, self.url())
                run.feed(data[:2 * MIB])
                temp = self.nginx.folder / "temp"
                wait_until(lambda: any(path.stat().st_size > MIB * 3 // 2 for path in temp.rglob("*")
                                       if path.is_file()), "the server has most of it")
                self.nginx.kill()
                self.nginx.start()
                run.feed_rest(data[2 * MIB:])
                code = run.end()
                if buffer == 16:
                    self.assertEqual(code, STORED, run.said)
                    self.assertGreater(run.report["attempts"], 1)
                    self.same(self.nginx.data / "vmcore-16", data)
                else:
                    self.assertEqual(code, UNREACHABLE, run.said)
                    self.assertIn("no longer in the buffer", run.said)
        self.assertEqual(self.files(), ["vmcore-16"])

    def digesting(self, pause):
        """A server that needs so long; and its URL."""
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("", (Digesting,), {"pause": pause}))
        server.over = threading.Event()
        server.handle_error = lambda *_: None  # who gave up is gone
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.authority.issue("localhost"))
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for end in (server.server_close, server.shutdown, server.over.set):
            self.addCleanup(end)
        return server, f"https://127.0.0.1:{server.server_address[1]}/?ca={self.authority.certificate}"

    def test_server_that_answers_late_does_not_stall(self):
        source = self.work / "vmcore"
        source.write_bytes(random_bytes(3 * MIB))
        server, url = self.digesting(pause=11)
        run, code = self.send(b"", "--file", source, "--stall", 8, "--retries", 0, url)
        self.assertEqual(code, STORED, run.said)
        self.assertEqual(run.report["attempts"], 1)
        self.assertEqual(server.taken, source.read_bytes())

    def test_server_that_never_answers_is_given_up(self):
        source = self.work / "vmcore"
        source.write_bytes(random_bytes(MIB))
        _, url = self.digesting(pause=sending.WAIT)
        self.fails(UNREACHABLE, "did not answer for 10 seconds", b"", "--file", source, "--stall", 8, "--give-up", 10,
                   url)

    def test_probe(self):
        run, code = self.send(b"", "--probe", self.url("/new"))
        self.assertEqual(code, STORED, run.said)
        self.assertEqual([run.report[key] for key in ("reachable", "writable", "removable")], [True] * 3)
        self.assertEqual(self.files(), [])


if __name__ == "__main__":
    sending.main()
