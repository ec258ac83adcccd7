#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""kdump-send to Ceph's object gateway: one PUT, multipart uploads, parts sent again, and who is refused. What is
there is read back by curl."""
import pathlib
import tempfile
import time
import unittest
import urllib.parse

import sending
from ceph import ACCESS, SECRET, Ceph
from sending import MIB, REFUSED, STORED, UNREACHABLE, Run, random_bytes, wait_until
from servers import Authority


class S3(sending.Sending):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="kdump-send-s3-")
        cls.addClassCleanup(folder.cleanup)
        home = pathlib.Path(folder.name)
        cls.authority = Authority(home / "ca")
        cls.ceph = Ceph(home / "ceph", cls.authority.certificate, *cls.authority.issue("localhost"))
        cls.addClassCleanup(cls.ceph.kill)
        cls.ceph.start()
        cls.credentials = home / "credentials"
        cls.credentials.write_text(f"access_key = {ACCESS}\nsecret_key = {SECRET}\n")

    def url(self, bucket="crash", credentials=None, **parameters):
        parameters = {"endpoint": f"https://127.0.0.1:{self.ceph.port}", "ca": self.authority.certificate,
                      "credentials": credentials or self.credentials, **parameters}
        return f"s3://{bucket}/pre fix?".replace(" ", "%20") + "&".join(f"{k}={v}" for k, v in parameters.items())

    def object(self, name):
        path = self.work / "object"
        self.ceph.request("GET", "/pre%20fix/" + urllib.parse.quote(name), output=path)
        return path

    def listing(self, query):
        path = self.work / "listing"
        self.ceph.request("GET", "?" + query, output=path)
        return path.read_text()

    def absent(self, name):
        self.assertNotIn(f"<Key>pre fix/{name}</Key>", self.listing("list-type=2"))
        self.assertNotIn(f"<Key>pre fix/{name}</Key>", self.listing("uploads="))

    def test_small_ones_go_by_one_put(self):
        for name, data in (("host 1/dmesg+~.txt", random_bytes(1000)), ("empty", b"")):
            self.stored(data, "--name", name, self.url())
            self.same(self.object(name), data)

    def test_stream_goes_in_parts(self):
        for extra in (0, 12345):
            data = random_bytes(16 * MIB + extra)
            self.stored(data, "--name", f"stream-{extra}", self.url())
            self.same(self.object(f"stream-{extra}"), data)
        self.assertNotIn("<Upload>", self.listing("uploads="))

    def test_bucket_as_a_name_of_a_host(self):
        self.stored(b"virtual", "--name", "virtual", self.url(
            endpoint=f"https://localhost:{self.ceph.port}", style="virtual", bucket="crash"))
        self.same(self.object("virtual"), b"virtual")

    def test_strangers_are_refused(self):
        wrong = self.work / "wrong"
        wrong.write_text(f"aws_access_key_id={ACCESS}\naws_secret_access_key={SECRET[:-1]}x\n")
        self.fails(REFUSED, "SignatureDoesNotMatch", b"x", "--name", "a", self.url(credentials=wrong))
        wrong.write_text(f"access_key={ACCESS}X\nsecret_key={SECRET}\n")
        self.fails(REFUSED, "InvalidAccessKeyId", b"x", "--name", "a", self.url(credentials=wrong))
        self.fails(REFUSED, "NoSuchBucket", b"x", "--name", "a", self.url(bucket="elsewhere"))
        other = Authority(self.work / "other", "Other CA")
        self.fails(REFUSED, "not who it should be", b"x", "--name", "a", self.url(ca=other.certificate))
        self.absent("a")

    def test_gateway_killed_and_started_again(self):
        data = random_bytes(30 * MIB)
        run = Run("--name", "killed", "--retries", 20, self.url())
        run.feed(data[:12 * MIB])
        wait_until(lambda: "<Upload>" in self.listing("uploads="), "the upload has begun")
        self.ceph.kill_gateway()
        run.feed_rest(data[12 * MIB:])
        time.sleep(2)
        self.ceph.start_gateway()
        self.assertEqual(run.end(), STORED, run.said)
        self.assertIn("trying again", run.said)
        self.same(self.object("killed"), data)

    def test_file_goes_on_after_a_restart_of_the_program(self):
        data = random_bytes(40 * MIB)
        source = self.work / "restarted"
        source.write_bytes(data)
        run = Run("--file", source, self.url())
        wait_until(lambda: self.parts("restarted") >= 2, "two parts are there")
        run.process.kill()
        run.end()
        run, code = self.send(b"", "--file", source, self.url())
        self.assertEqual(code, STORED, run.said)
        self.assertGreaterEqual(run.report["resumed_at"][0], 16 * MIB, run.said)
        self.same(self.object("restarted"), data)

    def test_upload_that_somebody_ended_is_lost_to_a_stream(self):
        run = Run("--name", "ended", self.url())
        run.feed(random_bytes(12 * MIB))
        wait_until(lambda: self.parts("ended") >= 1, "it has begun")
        one = next(one for one in self.listing("uploads=").split("<Upload>") if "<Key>pre fix/ended</Key>" in one)
        identity = one.split("<UploadId>")[1].split("</UploadId>")[0]
        self.ceph.request("DELETE", f"/pre%20fix/ended?uploadId={identity}")
        run.feed_rest(random_bytes(12 * MIB))
        self.assertEqual(run.end(), UNREACHABLE, run.said)
        self.assertIn("no longer on the server (NoSuchUpload)", run.said)
        self.absent("ended")

    def parts(self, name):
        """How many parts an upload has."""
        for one in self.listing("uploads=").split("<Upload>")[1:]:
            if f"<Key>pre fix/{name}</Key>" in one:
                identity = one.split("<UploadId>")[1].split("</UploadId>")[0]
                path = self.work / "parts"
                self.ceph.request("GET", f"/pre%20fix/{name}?uploadId={identity}", output=path)
                return path.read_text().count("<PartNumber>")
        return 0

    def test_stream_that_is_given_up_leaves_nothing(self):
        run = Run("--name", "given-up", self.url())
        run.feed(random_bytes(20 * MIB))
        wait_until(lambda: self.parts("given-up") >= 1, "it has begun")
        run.process.terminate()
        self.assertEqual(run.end(), -15, run.said)
        self.absent("given-up")

    def test_probe(self):
        run, code = self.send(b"", "--probe", self.url())
        self.assertEqual(code, STORED, run.said)
        self.assertEqual([run.report[key] for key in ("reachable", "writable", "removable")], [True] * 3)
        self.assertNotIn("probe", self.listing("list-type=2"))

    def test_nobody_listens(self):
        self.fails(UNREACHABLE, "no connection", b"x", "--retries", 0, "--name", "a",
                   self.url(endpoint="https://127.0.0.1:1"))


if __name__ == "__main__":
    unittest.TestCase.maxDiff = 400
    sending.main()
