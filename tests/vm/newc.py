# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes cpio archives in the newc format: device nodes too, without being root."""
import os
import pathlib
import stat


class Archive:
    """An archive in memory; folders above a member are made as needed."""

    def __init__(self):
        self.members = []
        self.names = set()

    def _add(self, name, mode, data=b"", device=(0, 0)):
        name = name.strip("/")
        parent = os.path.dirname(name)
        if parent and parent not in self.names:
            self.folder(parent)
        if name in self.names:
            return
        self.names.add(name)
        fields = (len(self.names), mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name) + 1, 0)
        header = b"070701" + b"".join(b"%08X" % field for field in fields)
        self.members.append(pad(header + name.encode() + b"\0") + pad(data))

    def folder(self, name):
        self._add(name, stat.S_IFDIR | 0o755)

    def file(self, name, data, mode=0o755):
        self._add(name, stat.S_IFREG | mode, data)

    def copy(self, name, path):
        self.file(name, pathlib.Path(path).read_bytes())

    def link(self, name, target):
        self._add(name, stat.S_IFLNK | 0o777, target.encode())

    def character_device(self, name, major, minor):
        self._add(name, stat.S_IFCHR | 0o600, b"", (major, minor))

    def write(self, path):
        self._add("TRAILER!!!", 0)
        pathlib.Path(path).write_bytes(b"".join(self.members))


def pad(data):
    return data + b"\0" * (-len(data) % 4)
