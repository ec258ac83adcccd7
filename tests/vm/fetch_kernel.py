#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Downloads and unpacks a kernel named in kernels.txt below build/kernels/NAME, once; a source package is built.
Installs nothing: apt works in a state of its own, with the sources and proxies that this machine has. With --debug:
also its debug package's vmlinux."""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import typing

import build_kernel

TOP = pathlib.Path(__file__).resolve().parents[2]
KERNELS = TOP / "build" / "kernels"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
OFFLINE = "Next: check the network and the sources in /etc/apt, then run this again."


def stop(message):
    sys.exit(f"fetch_kernel: {message}")


class Entry(typing.NamedTuple):
    """One line of kernels.txt."""
    name: str
    suite: str  # "-": the machine's own sources
    pattern: re.Pattern
    cpu: str  # for QEMU's -cpu


def entry_of(name):
    for line in (pathlib.Path(__file__).parent / "kernels.txt").read_text().splitlines():
        fields = line.split()
        if fields and not fields[0].startswith("#") and fields[0] == name:
            _, suite, pattern, cpu = fields
            return Entry(name, suite, re.compile(pattern), cpu)
    return stop(f"no kernel {name} in kernels.txt")


def mirror():
    """Where this machine's apt gets Debian itself from (not its security updates, not other projects)."""
    listed = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)",
                             "Created-By: Packages"], capture_output=True, text=True, check=False).stdout
    release = re.search(r"^VERSION_CODENAME=(\S+)", pathlib.Path("/etc/os-release").read_text(), re.MULTILINE)
    for line in listed.splitlines():
        address, *rest = line.split()
        if release and rest == [release.group(1), "main"]:
            return address.rstrip("/")
    return stop("apt has no source of this machine's own Debian release: so the mirror for other suites is not known.\n"
                "Next: check the sources in /etc/apt.")


class Apt:
    """apt-get with lists and cache below `folder`, and only this suite ("-": the sources that this machine has)."""

    def __init__(self, folder, suite="-"):
        self.folder = folder
        self.suite = suite
        for name in ("lists/partial", "cache/archives/partial"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        # Hooks of the system's apt (desktop caches, container clean-up) have no business here.
        (folder / "apt.conf").write_text(
            "#clear APT::Update::Post-Invoke;\n#clear APT::Update::Post-Invoke-Success;\n"
            f'Dir::State::Lists "{folder}/lists";\nDir::Cache "{folder}/cache";\n'
            'APT::Sandbox::User "root";\nAPT::Get::List-Cleanup "false";\nAcquire::Retries "3";\n'
            'Acquire::Languages "none";\nAPT::Update::Error-Mode "any";\n' + self._sources())

    def _sources(self):
        if self.suite == "-":
            return ""
        # Debian 12's own folder of trusted keys knows the releases before and after it too.
        signed = f"[signed-by={KEYRING}] " if pathlib.Path(KEYRING).exists() else ""
        (self.folder / "sources.list").write_text(f"deb {signed}{mirror()} {self.suite} main\n")
        return f'Dir::Etc::SourceList "{self.folder}/sources.list";\nDir::Etc::SourceParts "-";\n'

    def where(self):
        return "this machine's Debian sources" if self.suite == "-" else f"Debian's {self.suite}"

    def run(self, tool, *arguments, cwd=None):
        return subprocess.run([tool, "-q", f"-c={self.folder}/apt.conf", *arguments], cwd=cwd, capture_output=True,
                              text=True, check=False)

    def update(self):
        done = self.run("apt-get", "update")
        if done.returncode != 0:
            stop(f"cannot fetch the package lists of {self.where()}: {done.stderr.strip()}\n{OFFLINE}")

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


def image_of(root):
    """(the kernel's image in an unpacked package, its release): in /boot, from 7.2 beside the modules."""
    for image in root.glob("boot/vmlinuz-*"):
        return image, image.name[len("vmlinuz-"):]
    for image in root.glob("usr/lib/modules/*/vmlinuz"):
        return image, image.parent.name
    return stop(f"no kernel image in {root}. Next: delete {root.parent} and run this again.")


def fetch(name, debug=False):
    """The folder of the unpacked kernel: its image, and as far as the archive has them boot/config-V and lib/modules/V;
    with `debug` also vmlinux."""
    entry = entry_of(name)
    home = KERNELS / name
    root = home / "root"
    apt = Apt(KERNELS / ("apt" if entry.suite == "-" else f"apt-{entry.suite}"), entry.suite)
    if root.is_dir() and build_kernel.is_outdated(root, name):
        shutil.rmtree(root)
    if not root.is_dir():
        apt.update()
        package = apt.newest(entry.pattern)
        if not package:
            stop(f"no package in {apt.where()} matches {entry.pattern.pattern}.\n"
                 f"Next: see which there are (apt-cache -c={apt.folder}/apt.conf pkgnames | grep linux-) and mend "
                 "tests/vm/kernels.txt.")
        deb = apt.download(package, home)
        fresh = unpack(deb, root)
        deb.unlink()
        if build_kernel.source_in(fresh):
            try:
                build_kernel.build(fresh, name)
            except build_kernel.BuildError as error:
                stop(f"cannot build {package}: {error}")
        _, version = image_of(fresh)
        if (fresh / "lib/modules" / version).is_dir():
            subprocess.run(["depmod", "-b", str(fresh), version], check=True,
                           env={**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin"})
        (fresh / "package").write_text(package + "\n")
        fresh.rename(root)
    if debug and not (home / "debug").is_dir():
        package = f"linux-image-{image_of(root)[1]}-dbg"
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
