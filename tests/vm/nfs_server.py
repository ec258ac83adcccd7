# SPDX-License-Identifier: GPL-2.0-or-later
"""An NFS server on this machine's loopback, where a guest with QEMU's user network finds it as 10.0.2.2."""
import pathlib
import shutil
import socket
import subprocess
import time

# v4 with `protocols` 4 needs no portmapper; v3 registers with one.
CONFIG = """
NFS_CORE_PARAM {{
    NFS_Port = {port};
    MNT_Port = {mount_port};
    Bind_addr = {address};
    NFS_Protocols = {protocols};
    Enable_NLM = false;
    Enable_RQUOTA = false;
    Plugins_Dir = /usr/lib/x86_64-linux-gnu/ganesha;
}}
NFSV4 {{ Graceless = true; RecoveryRoot = {work}/recovery; Minor_Versions = 0, 1, 2; }}
NFS_KRB5 {{ Active_krb5 = false; }}
EXPORT {{
    Export_Id = 1;
    Path = {export};
    Pseudo = /export;
    Access_Type = RW;
    Squash = No_Root_Squash;
    SecType = sys;
    Protocols = {protocols};
    FSAL {{ Name = VFS; }}
}}
LOG {{ Default_Log_Level = EVENT; }}
"""


def listens(port, address):
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.settimeout(1)
        return probe.connect_ex((address, port)) == 0


def free_port(address):
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


class NfsServer:
    """`export` is the folder that clients see as /export (NFS 4) or by its own path (NFS 3). A context."""

    def __init__(self, work, protocols="4", address="127.0.0.1"):
        self.work = pathlib.Path(work)
        shutil.rmtree(self.work, ignore_errors=True)
        self.export = self.work / "export"
        self.export.mkdir(parents=True)
        (self.work / "recovery").mkdir()
        self.protocols, self.address = protocols, address
        self.port, self.mount_port = free_port(address), free_port(address)
        self.processes = []

    def _start(self, *command):
        with open(self.work / f"{pathlib.Path(command[0]).name}.log", "w", encoding="utf-8") as log:
            self.processes.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log))

    def __enter__(self):
        config = self.work / "ganesha.conf"
        config.write_text(CONFIG.format(port=self.port, mount_port=self.mount_port, address=self.address,
                                        work=self.work, export=self.export, protocols=self.protocols))
        if "3" in self.protocols and not listens(111, self.address):
            # It listens on 127.0.0.1 in any case, and crashes when told to.
            self._start("/usr/sbin/rpcbind", "-f", "-i", "-h", "127.0.0.2")
            self._wait(111)
        self._start("/usr/bin/ganesha.nfsd", "-F", "-f", str(config), "-p", str(self.work / "pid"),
                    "-L", str(self.work / "log"))
        self._wait(self.port)
        return self

    def _wait(self, port):
        for _ in range(600):
            if listens(port, self.address):
                return
            time.sleep(0.1)
        self.__exit__()
        raise RuntimeError(f"nothing listens on port {port}; see {self.work}")

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.kill()
            process.wait()
        self.processes = []
