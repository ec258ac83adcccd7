#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`cmake --install` puts everything where it is told: prefix, GNU directories, DESTDIR. Argument: the build folder, the
programs of which are installed."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
build = None


def installed(folder, *options):
    """What an installation with these options of CMake has, as paths; its root is folder/root."""
    tree = pathlib.Path(folder) / "build"
    configured = subprocess.run(["cmake", "-S", TOP, "-B", tree, "-G", "Ninja", "-DBUILD_TESTING=OFF", *options],
                                capture_output=True, text=True, check=False)
    if configured.returncode != 0:
        raise RuntimeError(configured.stderr)
    # Built once is enough: these do not depend on where they are installed.
    for name in ("bin", "reference"):
        if (tree / name).is_dir():
            (tree / name).rmdir()
        (tree / name).symlink_to(build / name)
    root = pathlib.Path(folder) / "root"
    subprocess.run(["cmake", "--install", tree], check=True, stdout=subprocess.DEVNULL,
                   env={**os.environ, "DESTDIR": str(root)})
    return sorted("/" + str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


class Install(unittest.TestCase):
    def test_the_gnu_directories_and_ours_are_heeded(self):
        places = {"CMAKE_INSTALL_BINDIR": "b", "CMAKE_INSTALL_SBINDIR": "s", "CMAKE_INSTALL_LIBEXECDIR": "x",
                  "CMAKE_INSTALL_DATADIR": "d", "CMAKE_INSTALL_MANDIR": "m", "CMAKE_INSTALL_DOCDIR": "doc",
                  "CMAKE_INSTALL_SYSCONFDIR": "/conf", "KDUMPKIT_SYSTEMD_DIR": "/sys/systemd",
                  "KDUMPKIT_UDEV_DIR": "u", "KDUMPKIT_KERNEL_INSTALL_DIR": "k", "KDUMPKIT_DRACUT_DIR": "dr",
                  "KDUMPKIT_ZSH_DIR": "z", "KDUMPKIT_DEBIAN_HOOKS": "ON"}
        with tempfile.TemporaryDirectory() as folder:
            files = installed(folder, "-DCMAKE_INSTALL_PREFIX=/opt/kd",
                              *(f"-D{name}={value}" for name, value in places.items()))
        for expected in ("/opt/kd/b/makedumpfile-lite", "/opt/kd/s/kdumpkit", "/opt/kd/x/kdumpkit/kdump-capture",
                         "/opt/kd/m/man8/kdumpkit.8", "/opt/kd/m/man5/kdumpkit.toml.5",
                         "/opt/kd/d/bash-completion/completions/kdumpkit", "/opt/kd/z/_kdumpkit",
                         "/opt/kd/doc/examples/early.conf", "/sys/systemd/system/kdumpkit.service",
                         "/opt/kd/u/rules.d/98-kdumpkit-hotplug.rules", "/opt/kd/k/93-kdumpkit.install",
                         "/opt/kd/dr/modules.d/70kdumpkit/module-setup.sh", "/conf/kernel/postinst.d/kdumpkit"):
            self.assertIn(expected, files)
        tops = tuple(f"/opt/kd/{name}/" for name in ("b", "s", "x", "d", "m", "doc", "u", "k", "dr", "z"))
        self.assertEqual([path for path in files if not path.startswith((*tops, "/conf/kernel/", "/sys/systemd/"))], [])

    def test_below_usr_systemd_and_udev_find_their_files(self):
        with tempfile.TemporaryDirectory() as folder:
            files = installed(folder, "-DCMAKE_INSTALL_PREFIX=/usr", "-DCMAKE_INSTALL_LIBDIR=lib/x86_64-linux-gnu")
        for expected in ("/usr/lib/systemd/system/kdumpkit.service", "/usr/lib/systemd/catalog/kdumpkit.catalog",
                         "/usr/lib/udev/rules.d/98-kdumpkit-hotplug.rules", "/usr/sbin/kdumpkit",
                         "/usr/lib/kernel/install.d/93-kdumpkit.install", "/usr/libexec/kdumpkit/kdump-capture",
                         "/usr/share/initramfs-tools/hooks/kdumpkit"):
            self.assertIn(expected, files)
        self.assertEqual([path for path in files if not path.startswith("/usr/")], [])


if __name__ == "__main__":
    build = pathlib.Path(sys.argv.pop()).resolve()
    unittest.main(argv=[sys.argv[0], "-v"])
