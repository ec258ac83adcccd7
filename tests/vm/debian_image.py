# SPDX-License-Identifier: GPL-2.0-or-later
"""Disks with a whole Debian on them, as its installer would leave it: GRUB in the MBR, one ext4 partition, systemd, an
older and a newer kernel package, and in apt's cache what the tests install without a network. Made once by mmdebstrap
from the machine's own mirror, kept below build/vm."""
import hashlib
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess

import fetch_kernel
from disk import ENVIRONMENT

SUITES = {"12": "bookworm", "13": "trixie"}
MIB = 1 << 20
SIZE = 3072 * MIB
FIRST_SECTOR = 2048
GRUB_MODULES = ("biosdisk", "part_msdos", "ext2")
INCLUDED = ("systemd-sysv", "udev", "dbus", "kmod", "initramfs-tools", "e2fsprogs", "zstd", "procps", "grub-pc",
            "less", "bash-completion")
# no_timer_check: on a busy machine the emulated timer is late, and the kernel takes it for broken.
WORDS = "console=ttyS0 printk.devkmsg=on no_timer_check"
MENU = """set timeout=0
menuentry Debian {{
    search --no-floppy --fs-uuid --set=root {uuid}
    linux /boot/vmlinuz-{release} root=UUID={uuid} ro {words}
    initrd /boot/initrd.img-{release}
}}
"""
FILES = {
    "etc/hostname": "debian-guest\n",
    "etc/hosts": "127.0.0.1 localhost debian-guest\n",
    "etc/default/grub": 'GRUB_DEFAULT=0\nGRUB_TIMEOUT=0\nGRUB_DISTRIBUTOR=Debian\nGRUB_CMDLINE_LINUX_DEFAULT=""\n'
                        'GRUB_CMDLINE_LINUX="' + WORDS + '"\nGRUB_TERMINAL=console\n',
    # A small initramfs, quickly: it is made again for each kernel, in emulation.
    "etc/initramfs-tools/conf.d/quick": "MODULES=dep\nCOMPRESS=zstd\nCOMPRESSLEVEL=1\n",
    # A service of the machine's own work: no kdump comes before it.
    "etc/systemd/system/work.service": """[Unit]
ConditionPathExists=!/proc/vmcore
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'echo "guest: services are up" >/dev/kmsg'
[Install]
WantedBy=multi-user.target
""",
    # What a test does after each boot; the steps are on a disk of their own.
    "etc/systemd/system/steps.service": """[Unit]
ConditionPathExists=!/proc/vmcore
After=work.service kdumpkit.service kdumpkit-record.service kdump-tools.service systemd-remount-fs.service
[Service]
ExecStart=/bin/sh -c 'mkdir -p /steps; mount LABEL=steps /steps && . /steps/next'
Environment=HOME=/root DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
[Install]
WantedBy=multi-user.target
""",
}
NO_NETWORK = "Next: check the network and the sources in /etc/apt, then run this again."


class ImageError(RuntimeError):
    """No image; the message says what to do."""


def run(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT, **options)
    if done.returncode != 0:
        raise ImageError(f"{command[0]} failed: {done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout


def sources(suite):
    base = fetch_kernel.mirror()
    signed = f"[signed-by={fetch_kernel.KEYRING}] " if pathlib.Path(fetch_kernel.KEYRING).exists() else ""
    lines = [f"deb {signed}{base} {suite} main"]
    security = f"{base.removesuffix('/')}-security"
    lines.append(f"deb {signed}{security} {suite}-security main")
    return lines


def bootstrap(suite, root, *arguments):
    """Makes that Debian below `root`, which gets its name when it is complete."""
    fresh = root.with_name(root.name + ".new")
    for path in (fresh, root):
        if path.exists():
            shutil.rmtree(path)
    run(["mmdebstrap", "--mode=root", '--aptopt=Acquire::Languages "none"', '--aptopt=APT::Install-Recommends "false"',
         "--dpkgopt=path-exclude=/usr/share/locale/*", *arguments, suite, str(fresh), *sources(suite)])
    fresh.rename(root)


def build_root(version, root):
    """A Debian with what packaging/debian/control says that the packages are built with; made once."""
    control = (fetch_kernel.TOP / "packaging/debian/control").read_text()
    fields = re.search(r"^Build-Depends:(.*?)^\S", control, re.DOTALL | re.MULTILINE).group(1)
    names = re.findall(r"(?:^|,)\s*([a-z0-9.+-]+)", fields)
    wanted = ",".join(["ccache", *("debhelper" if name == "debhelper-compat" else name for name in names)])
    recipe = root / "build.recipe"
    if not recipe.exists() or recipe.read_text() != wanted:
        must_be_root()
        root.parent.mkdir(parents=True, exist_ok=True)
        bootstrap(SUITES[version], root, "--variant=buildd", f"--include={wanted}")
        recipe.write_text(wanted)
    return root


def must_be_root():
    if os.geteuid() != 0:
        raise ImageError("a Debian image is made by root (mmdebstrap, chroot). Next: run the tests with sudo.")


def kernels(suite, folder):
    """Releases of the cloud kernel's packages in that suite: (the oldest, the newest) of one series."""
    apt = fetch_kernel.Apt(folder, suite)
    (folder / "sources.list").write_text("\n".join(sources(suite)) + "\n")
    apt.update()
    names = apt.run("apt-cache", "pkgnames", "linux-image-").stdout.split()
    pattern = re.compile(r"linux-image-(6\.1\.0-\d+|6\.12\.\d+\+deb13)-cloud-amd64$")
    found = sorted((name for name in names if pattern.match(name)),
                   key=lambda name: [int(number) for number in re.findall(r"\d+", name)])
    if len(found) < 2:
        raise ImageError(f"{suite} has fewer than two cloud kernels: {found}. {NO_NETWORK}")
    release = len("linux-image-")
    return found[-2][release:], found[-1][release:]


class DebianImage:
    """`downloads`: packages that apt has in its cache there, besides the newer kernel."""

    def __init__(self, version, folder, downloads):
        self.version, self.suite = version, SUITES[version]
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.downloads = sorted(downloads)
        self.path, self.about = self.folder / "disk.img", self.folder / "about.json"

    def make(self):
        """(the image, {older, newer, ...}); only what differs from the last time is made again."""
        recipe = hashlib.sha256(pathlib.Path(__file__).read_bytes() + repr(self.downloads).encode()).hexdigest()
        if self.path.exists() and self.about.exists():
            about = json.loads(self.about.read_text())
            if about["recipe"] == recipe:
                return self.path, about
        must_be_root()
        older, newer = kernels(self.suite, self.folder / "apt")
        root = self.folder / "root"
        self._bootstrap(root, older, newer)
        about = {"recipe": recipe, "older": older, "newer": newer}
        self._write_disk(root, older)
        shutil.rmtree(root)
        self.about.write_text(json.dumps(about))
        return self.path, about

    def _bootstrap(self, root, older, newer):
        wanted = " ".join([f"linux-image-{newer}", *self.downloads])
        # Without this the services of the image would be started here.
        policy = 'printf "#!/bin/sh\\nexit 101\\n" >"$1/usr/sbin/policy-rc.d"; chmod 755 "$1/usr/sbin/policy-rc.d"'
        bootstrap(self.suite, root, "--variant=minbase", "--skip=cleanup/apt",
                  f"--include={','.join((*INCLUDED, 'linux-image-' + older))}", f"--essential-hook={policy}",
                  f'--customize-hook=APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get install -y --download-only {wanted}',
                  '--customize-hook=rm "$1/usr/sbin/policy-rc.d"')

    def _write_disk(self, root, older):
        uuid = "6b64756d-706b-6974-0000-0000000000" + self.version
        for name, text in {**FILES, "etc/fstab": f"UUID={uuid} / ext4 errors=remount-ro 0 1\n",
                           "boot/grub/grub.cfg": MENU.format(uuid=uuid, release=older, words=WORDS)}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        wants = root / "etc/systemd/system/multi-user.target.wants"
        for unit in ("work.service", "steps.service"):
            (wants / unit).symlink_to(f"/etc/systemd/system/{unit}")
        platform = root / "usr/lib/grub/i386-pc"
        shutil.copytree(platform, root / "boot/grub/i386-pc", dirs_exist_ok=True)
        run(["chroot", root, "grub-mkimage", "-O", "i386-pc", "-o", "/boot/grub/i386-pc/core.img",
             "-p", "(hd0,msdos1)/boot/grub", *GRUB_MODULES])
        boot, core = ((root / "boot/grub/i386-pc" / name).read_bytes() for name in ("boot.img", "core.img"))
        fresh = self.path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with open(fresh, "wb") as disk:
            disk.truncate(SIZE)
        run(["mkfs.ext4", "-q", "-F", "-U", uuid, "-d", root, "-E", f"offset={FIRST_SECTOR * 512}", fresh,
             f"{SIZE // MIB - 2}M"])
        with open(fresh, "r+b") as disk:
            disk.write(master_boot_record(boot))
            assert len(core) < (FIRST_SECTOR - 1) * 512
            disk.write(core)
        fresh.rename(self.path)


def master_boot_record(boot):
    """GRUB's boot.img finds core.img in sector 1, where an installation puts it; and one partition, bootable, Linux."""
    sectors = SIZE // 512 - FIRST_SECTOR
    entry = struct.pack("<B3sB3sII", 0x80, b"\xfe\xff\xff", 0x83, b"\xfe\xff\xff", FIRST_SECTOR, sectors)
    return boot[:440] + struct.pack("<IH", 0x6b64756d, 0) + entry + bytes(48) + b"\x55\xaa"
