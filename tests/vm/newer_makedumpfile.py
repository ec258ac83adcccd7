# SPDX-License-Identifier: GPL-2.0-or-later
"""makedumpfile as Debian's sid has it, for kernels that this machine's own does not know. Unpacked with its libraries
below build/kernels, installed nowhere, and run by the dynamic linker that belongs to them."""
import subprocess

import fetch_kernel

PACKAGES = ("makedumpfile", "libc6", "libdw1t64", "libelf1t64", "liblzo2-2", "libzstd1", "zlib1g", "libbz2-1.0",
            "liblzma5")
HOME = fetch_kernel.KERNELS / "makedumpfile-sid"


def fetch():
    """The words of the command that runs it."""
    root = HOME / "root"
    if not root.is_dir():
        apt = fetch_kernel.Apt(fetch_kernel.KERNELS / "apt-sid", "sid")
        apt.update()
        debs = [apt.download(package, HOME) for package in PACKAGES]
        fresh = fetch_kernel.unpack(debs[0], root)
        for deb in debs[1:]:
            subprocess.run(["dpkg-deb", "-x", str(deb), str(fresh)], check=True)
        for deb in debs:
            deb.unlink()
        fresh.rename(root)
    libraries = root / "usr/lib/x86_64-linux-gnu"
    program = next(path for path in (root / "usr/sbin/makedumpfile", root / "usr/bin/makedumpfile") if path.exists())
    return [str(libraries / "ld-linux-x86-64.so.2"), "--library-path", str(libraries), str(program)]


if __name__ == "__main__":
    print(*fetch())
