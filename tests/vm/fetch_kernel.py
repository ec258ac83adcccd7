#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Downloads and unpacks a kernel named in kernels.txt below build/kernels/NAME, once. Installs nothing: apt works in a
state of its own, with the sources and proxies that this machine has. With --debug: also its debug package's vmlinux."""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
KERNELS = TOP / "build" / "kernels"
OFFLINE = "Next: check the network and the sources in /etc/apt, then run this again."


def stop(message):
    sys.exit(f"fetch_kernel: {message}")


def pattern_of(name):
    for line in (pathlib.Path(__file__).parent / "kernels.txt").read_text().splitlines():
        fields = line.split()
        if fields and not fields[0].startswith("#") and fields[0] == name:
            return re.compile(fields[1])
    return stop(f"no kernel {name} in kernels.txt")


class Apt:
    """apt-get with lists and cache below `folder`."""

    def __init__(self, folder):
        self.folder = folder
        for name in ("lists/partial", "cache/archives/partial"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        # Hooks of the system's apt (desktop caches, container clean-up) have no business here.
        (folder / "apt.conf").write_text(
            "#clear APT::Update::Post-Invoke;\n#clear APT::Update::Post-Invoke-Success;\n"
            f'Dir::State::Lists "{folder}/lists";\nDir::Cache "{folder}/cache";\n'
            'APT::Sandbox::User "root";\nAPT::Get::List-Cleanup "false";\nAcquire::Retries "3";\n'
            'Acquire::Languages "none";\nAPT::Update::Error-Mode "any";\n')

    def run(self, tool, *arguments, cwd=None):
        return subprocess.run([tool, "-q", f"-c={self.folder}/apt.conf", *arguments], cwd=cwd, capture_output=True,
                              text=True, check=False)

    def update(self):
        done = self.run("apt-get", "update")
        if done.returncode != 0:
            stop(f"cannot fetch Debian's package lists: {done.stderr.strip()}\n{OFFLINE}")

    def newest(self, pattern):
        names = [name for name in self.run("apt-cache", "pkgnames").stdout.split() if pattern.match(name)]
        return max(names, key=lambda name: [int(number) for number in re.findall(r"\d+", name)], default=None)

    def download(self, package, into):
        into.mkdir(parents=True, exist_ok=True)
        done = self.run("apt-get", "download", package, cwd=into)
        if done.returncode != 0:
            stop(f"cannot download {package}: {done.stderr.strip()}\n{OFFLINE}")
        return next(into.glob(f"{package}_*.deb"))


def unpack(deb, folder, *only):
    """Into a fresh folder that gets its name when complete, so that an interruption leaves nothing half unpacked."""
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(deb)], stdout=subprocess.PIPE) as tar:
        unpacked = subprocess.run(["tar", "-x", "-C", str(fresh), "--no-same-owner", *only], stdin=tar.stdout,
                                  check=False)
    if tar.returncode != 0 or unpacked.returncode != 0:
        stop(f"cannot unpack {deb}. Next: delete it and run this again.")
    return fresh


def fetch(name, debug=False):
    """The folder with boot/vmlinuz-V, boot/config-V and lib/modules/V; with `debug` also vmlinux."""
    home = KERNELS / name
    root = home / "root"
    apt = Apt(KERNELS / "apt")
    if not root.is_dir():
        apt.update()
        pattern = pattern_of(name)
        package = apt.newest(pattern)
        if not package:
            stop(f"no package matches {pattern.pattern} in this machine's Debian sources")
        fresh = unpack(apt.download(package, home), root)
        version = next((fresh / "boot").glob("vmlinuz-*")).name[len("vmlinuz-"):]
        subprocess.run(["depmod", "-b", str(fresh), version], check=True,
                       env={**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin"})
        (fresh / "package").write_text(package + "\n")
        fresh.rename(root)
    if debug and not (home / "debug").is_dir():
        package = (root / "package").read_text().strip() + "-dbg"
        deb = apt.download(package, home)
        fresh = unpack(deb, home / "debug", "--wildcards", "./usr/lib/debug/boot/*")
        fresh.rename(home / "debug")
        deb.unlink()
    return root


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="a name in kernels.txt")
    parser.add_argument("--debug", action="store_true", help="also the debug package's vmlinux (280 MB)")
    arguments = parser.parse_args()
    print(fetch(arguments.name, arguments.debug))


if __name__ == "__main__":
    main()
