# SPDX-License-Identifier: GPL-2.0-or-later
"""A node of a cluster on this machine's loopback that waits for a message of fence_kdump."""
import socket
import struct
import threading

MESSAGE = struct.pack("=II", 0x1B302A40, 1)  # fence-agents, agents/kdump/message.h


class ClusterNode:
    """A context. `heard` has the datagrams that came to `port`."""

    def __init__(self):
        self.heard = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _listen(self):
        try:
            while True:
                self.heard.append(self.socket.recv(100))
        except OSError:
            pass
