# SPDX-License-Identifier: GPL-2.0-or-later
"""A Ceph cluster of one monitor, one storage daemon in memory and one object gateway, all on loopback."""
import json
import os
import signal
import subprocess
import time
import uuid

from servers import STARTUP, Server, descendants, free_port, program

ACCESS, SECRET = "KDUMPKITACCESSKEY000", "secret/key+with/characters==of0base64000"


class Ceph(Server):
    """`bucket` exists; the log of each daemon is in the folder."""

    def __init__(self, folder, ca, certificate, key, bucket="crash"):
        super().__init__(folder)
        self.bucket, self.ca = bucket, ca
        self.config = self.folder / "ceph.conf"
        self.daemons = []
        self.monitors = f"[v2:127.0.0.1:{free_port()}/0,v1:127.0.0.1:{free_port()}/0]"
        self.identity = str(uuid.uuid4())
        self.config.write_text(f"""[global]
fsid = {self.identity}
mon host = {self.monitors}
mon initial members = a
run dir = {self.folder}
admin socket = {self.folder}/$name.asok
keyring = {self.folder}/keyring
log file = {self.folder}/$name.log
mon data = {self.folder}/mon
osd data = {self.folder}/osd
osd objectstore = memstore
memstore device bytes = 1073741824
public addr = 127.0.0.1
cluster addr = 127.0.0.1
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
mon data avail crit = 1
auth allow insecure global id reclaim = true
rgw frontends = beast ssl_endpoint=127.0.0.1:{self.port} ssl_certificate={certificate} ssl_private_key={key}
rgw dns name = localhost
""")

    def run(self, *words, **more):
        done = subprocess.run([program(words[0]), *map(str, words[1:]), "-c", self.config], check=False, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=STARTUP * 3, **more)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(map(str, words))}: {done.stderr[-2000:]}")
        return done.stdout

    def daemon(self, *words):
        with self.log.open("ab") as log:
            process = subprocess.Popen([program(words[0]), *map(str, words[1:]), "-f", "-c", self.config],
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.daemons.append(process)
        return process

    def start(self):
        keyring = self.folder / "keyring"
        caps = ["--cap", "mon", "allow *", "--cap", "osd", "allow *", "--cap", "mgr", "allow *"]
        tool = program("ceph-authtool")
        subprocess.run([tool, "-C", keyring, "--gen-key", "-n", "client.admin", *caps], check=True,
                       stdout=subprocess.DEVNULL)
        subprocess.run([tool, keyring, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *"], check=True)
        monmap = self.folder / "monmap"
        subprocess.run([program("monmaptool"), "--create", "--addv", "a", self.monitors.replace("/0", ""), "--fsid",
                        self.identity, monmap], check=True, stdout=subprocess.DEVNULL)
        self.run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap, "--keyring", keyring)
        self.daemon("ceph-mon", "-i", "a")
        (self.folder / "osd").mkdir()
        rights = ["mon", "allow profile osd", "osd", "allow *"]
        secret = json.loads(self.run("ceph", "auth", "get-or-create", "osd.0", *rights, "-f", "json"))[0]["key"]
        subprocess.run([tool, keyring, "-n", "osd.0", "--add-key", secret], check=True, stdout=subprocess.DEVNULL)
        one = str(uuid.uuid4())
        self.run("ceph", "osd", "new", one, "0")
        self.run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", one, "--no-mon-config")
        self.run("ceph", "osd", "crush", "add", "osd.0", "1.0", "root=default")
        self.daemon("ceph-osd", "-i", "0")
        self.start_gateway()
        self.run("radosgw-admin", "user", "create", "--uid", "kdump", "--display-name", "kdump", "--access-key", ACCESS,
                 "--secret", SECRET)
        self.request("PUT", "")
        return self

    def request(self, method, path, secret=SECRET, output=os.devnull):
        """One request of curl's about `path` in the bucket; what came back in headers and, in `output`, as body."""
        done = subprocess.run(
            [program("curl"), "-sS", "-f", "-D", "-", "-o", output, "--aws-sigv4", "aws:amz:us-east-1:s3", "--user",
             f"{ACCESS}:{secret}", "-X", method, "-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD", "--cacert", self.ca,
             f"https://127.0.0.1:{self.port}/{self.bucket}{path}"],
            check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=STARTUP)
        if done.returncode != 0:
            raise RuntimeError(f"{method} {path}: {done.stderr}{done.stdout}")
        return done.stdout

    def start_gateway(self):
        self.process = self.daemon("radosgw", "-n", "client.admin", "--no-mon-config")
        self.wait_for_port()

    def kill_gateway(self):
        for pid in descendants(self.process.pid):
            os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def kill(self):
        for process in reversed(self.daemons):
            if process.poll() is None:
                process.kill()
            process.wait()
        time.sleep(0.1)
