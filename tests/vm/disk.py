# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest's disk: an ext4 filesystem in a file, made and read back without being root."""
import os
import pathlib
import shutil
import subprocess
import uuid

ENVIRONMENT = {**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin", "LC_ALL": "C"}


def make_filesystem(kind, name, path, mib):
    """An empty one of another type than ext4; `name` is its UUID, of vfat its serial number."""
    with open(path, "wb") as file:
        file.truncate(mib << 20)
    command = {"xfs": ["mkfs.xfs", "-q", "-m", f"uuid={name}"], "btrfs": ["mkfs.btrfs", "-q", "-U", name],
               "vfat": ["mkfs.vfat", "-F", "32", "-i", name], "f2fs": ["mkfs.f2fs", "-q", "-U", name]}[kind]
    subprocess.run([*command, path], check=True, env=ENVIRONMENT, stdout=subprocess.DEVNULL)


def make_raw(path, mib, content):
    """A disk without a filesystem."""
    disk = Disk.__new__(Disk)
    disk.path, disk.bus, disk.read_only, disk.throttled, disk.failing = pathlib.Path(path), "virtio", False, None, None
    with open(disk.path, "wb") as file:
        file.truncate(mib << 20)
        file.write(content)
    return disk


class Disk:
    """`files`: name inside the filesystem -> content. `bus`: virtio, whose drivers are modules (/dev/vda), or nvme,
    built into every kernel here (/dev/nvme0n1). `throttled`: the id of a throttle group, to slow it down while it runs.
    `failing`: QEMU's name of an event (docs/devel/blkdebug) that always fails with an I/O error."""

    def __init__(self, path, mib, files=None, read_only=False, bus="virtio", throttled=None,
                 failing=None, filesystem="ext4"):
        self.path = pathlib.Path(path)
        self.bus = bus
        self.throttled, self.failing = throttled, failing
        self.uuid = str(uuid.uuid4()) if filesystem != "vfat" else f"{uuid.uuid4().hex[:8]}".upper()
        self.filesystem = filesystem
        self.read_only = read_only
        contents = self.path.with_suffix(".contents")
        shutil.rmtree(contents, ignore_errors=True)
        contents.mkdir(parents=True)
        for name, data in (files or {}).items():
            (contents / name).parent.mkdir(parents=True, exist_ok=True)
            (contents / name).write_bytes(data)
            (contents / name).chmod(0o755)
        self.path.unlink(missing_ok=True)
        if filesystem != "ext4":
            make_filesystem(filesystem, self.uuid, self.path, mib)
            self.uuid = f"{self.uuid[:4]}-{self.uuid[4:]}" if filesystem == "vfat" else self.uuid
            return
        subprocess.run(["mkfs.ext4", "-q", "-F", "-U", self.uuid, "-d", contents, self.path, f"{mib}M"], check=True,
                       env=ENVIRONMENT, stdout=subprocess.DEVNULL)
        shutil.rmtree(contents)

    def target(self, folder="/crash"):
        return f"file://{folder}?fs=UUID={self.uuid}&type={self.filesystem}"

    def qemu(self):
        read_only = ",readonly=on" if self.read_only else ""
        if self.bus == "nvme":
            return ["-drive", f"file={self.path},format=raw,if=none,id=nvme-{self.uuid}{read_only}",
                    "-device", f"nvme,serial={self.uuid[:8]},drive=nvme-{self.uuid}"]
        if self.throttled:
            return ["-object", f"throttle-group,id={self.throttled}", "-blockdev",
                    f"driver=throttle,node-name=node-{self.throttled},throttle-group={self.throttled},"
                    f"file.driver=file,file.filename={self.path}",
                    "-device", f"virtio-blk-pci,drive=node-{self.throttled}"]
        if self.failing:
            return ["-blockdev", "driver=raw,node-name=node-failing,file.driver=blkdebug,file.image.driver=file,"
                    f"file.image.filename={self.path},file.inject-error.0.event={self.failing},"
                    "file.inject-error.0.errno=5",
                    "-device", "virtio-blk-pci,drive=node-failing,werror=report"]
        return ["-drive", f"file={self.path},format=raw,if=virtio{read_only}"]

    def read_back(self, folder="/crash"):
        """The tree below `folder` as it is after a crash: journal replayed, copied out. None if it does not exist."""
        checked = subprocess.run(["e2fsck", "-fy", self.path], capture_output=True, text=True, check=False,
                                 env=ENVIRONMENT)
        # 0: clean; 1: repaired (the crashed kernel's own mount was never closed)
        if checked.returncode not in (0, 1):
            raise RuntimeError(f"e2fsck: {checked.stdout}{checked.stderr}")
        out = self.path.with_suffix(".out")
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        done = subprocess.run(["debugfs", "-R", f"rdump {folder} {out}", self.path], capture_output=True, text=True,
                              check=True, env=ENVIRONMENT)
        found = out / pathlib.Path(folder).name
        if not found.is_dir():
            return None
        complaints = [line for line in done.stderr.splitlines() if "while" in line and "changing ownership" not in line]
        if complaints:
            raise RuntimeError("\n".join(complaints))
        return found
