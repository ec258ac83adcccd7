#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""An upload to S3 that the server no longer knows, at each step. No server forgets one when it is told to, so that this
one is ours: it takes parts, and answers NoSuchUpload where the test says. test_s3.py has a real one."""
import hashlib
import http.server
import re
import threading
import unittest

import sending
from sending import MIB, STORED, UNREACHABLE, Run, random_bytes

GONE = b"<Error><Code>NoSuchUpload</Code><Message>The upload does not exist.</Message></Error>"


class Store(http.server.ThreadingHTTPServer):
    """`forget`: "list", "part" or "complete", the kind of request at which the upload `first` is found to be gone."""

    def __init__(self, forget, first="upload-1", for_ever=False):
        super().__init__(("127.0.0.1", 0), Handler)
        self.forget, self.first, self.for_ever = forget, first, for_ever
        self.begun, self.parts, self.objects = 0, {}, {}
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, code, body=b"", **headers):
        self.send_response(code)
        for name, value in {"Content-Length": len(body), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def serve(self):
        store, (path, _, query) = self.server, self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        upload = re.search("uploadId=([^&]*)", query)
        kind = "part" if "partNumber" in query else "list" if self.command == "GET" else "complete"
        if upload and (store.for_ever or upload[1] == store.first) and kind == store.forget:
            # Complete tells of its failures with 200 as well.
            self.answer(200 if kind == "complete" and store.for_ever else 404, GONE)
        elif self.command == "POST" and "uploads" in query:
            store.begun += 1
            store.parts[f"upload-{store.begun}"] = {}
            self.answer(200, b"<UploadId>upload-%d</UploadId>" % store.begun)
        elif self.command == "GET" and "uploads" in query:
            key = b"<Upload><Key>x/f</Key><UploadId>upload-0</UploadId></Upload>"
            self.answer(200, key if store.first == "upload-0" else b"<List></List>")
        elif kind == "part":
            store.parts[upload[1]][int(re.search(r"partNumber=(\d+)", query)[1])] = body
            self.answer(200, ETag=f'"{hashlib.md5(body).hexdigest()}"')
        elif self.command == "POST":
            store.objects[path] = b"".join(data for _, data in sorted(store.parts[upload[1]].items()))
            self.answer(200, b"<CompleteMultipartUploadResult/>")
        else:
            self.answer(404)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = serve


class Vanished(sending.Sending):
    def store(self, *arguments, **options):
        store = Store(*arguments, **options)
        self.addCleanup(store.server_close)
        self.addCleanup(store.shutdown)
        credentials = self.work / "credentials"
        credentials.write_text("access_key = a\nsecret_key = b\n")
        return store, f"s3://b/x?endpoint=http://127.0.0.1:{store.server_port}&credentials={credentials}"

    def test_file_begins_anew(self):
        data = random_bytes(20 * MIB)
        source = self.work / "f"
        source.write_bytes(data)
        for forget, first, begun in (("list", "upload-0", 1), ("part", "upload-1", 2), ("complete", "upload-1", 2)):
            with self.subTest(forget):
                store, url = self.store(forget, first)
                run = Run("--file", source, url)
                self.assertEqual(run.end(), STORED, run.said)
                self.assertEqual(store.begun, begun)
                self.assertEqual(store.objects["/b/x/f"] == data, True)

    def test_stream_says_that_it_is_lost(self):
        for forget in ("part", "complete"):
            with self.subTest(forget):
                store, url = self.store(forget)
                run = self.fails(UNREACHABLE, "no longer on the server (NoSuchUpload)", random_bytes(9 * MIB),
                                 "--name", "f", url)
                self.assertNotIn("stay there", run.said)
                self.assertEqual((store.begun, store.objects), (1, {}))

    def test_server_that_always_forgets_is_given_up(self):
        source = self.work / "f"
        source.write_bytes(random_bytes(9 * MIB))
        for forget in ("part", "complete"):
            with self.subTest(forget):
                store, url = self.store(forget, for_ever=True)
                run = Run("--file", source, url)
                self.assertEqual(run.end(), UNREACHABLE, run.said)
                self.assertIn("no longer on the server (NoSuchUpload)", run.said)
                self.assertEqual(store.begun, 2)


if __name__ == "__main__":
    sending.main()
