# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU's machine protocol (docs/interop/qmp-spec): one command after the other over a unix socket."""
import json
import socket
import time


class Qmp:
    """A connection; waits for QEMU to listen at `path`."""

    def __init__(self, path, seconds=60):
        self.socket = socket.socket(socket.AF_UNIX)
        deadline = time.monotonic() + seconds
        while True:
            try:
                self.socket.connect(str(path))
                break
            except (FileNotFoundError, ConnectionRefusedError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        self.lines = self.socket.makefile("r", encoding="utf-8")
        self.lines.readline()
        self.command("qmp_capabilities")

    def command(self, name, /, **arguments):
        """Its answer; an error is an exception."""
        self.socket.sendall(json.dumps({"execute": name, "arguments": arguments}).encode() + b"\n")
        for line in self.lines:
            answer = json.loads(line)
            if "error" in answer:
                raise RuntimeError(f"{name}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]
        raise RuntimeError(f"{name}: QEMU went away")

    def close(self):
        self.lines.close()
        self.socket.close()
