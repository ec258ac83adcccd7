#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The Debian packages of this tree: they build, lintian has no error, and each file is where its user looks for it. The
RPM spec is read by rpmspec and rpmlint."""
import pathlib
import re
import subprocess
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
OUT = TOP / "build/packages"
SPEC = TOP / "packaging/rpm/kdumpkit.spec"
SECTIONS = {f"%{name}" for name in ("package", "description", "prep", "build", "install", "post", "preun", "postun",
                                    "files", "license", "doc", "changelog")}
# Compilers and what only the tests want.
NOT_LINKED = {"g++", "ccache", "git", "catch2"}


def command(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{words[0]} ended with {done.returncode}: {done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout


def contents(package):
    """The files of a package, as paths."""
    deb = next(OUT.glob(f"{package}_*.deb"))
    return {line.split(None, 5)[5].removeprefix(".") for line in command("dpkg-deb", "-c", deb).splitlines()
            if not line.startswith("d")}


class Debian(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        command(TOP / "packaging/build-deb")
        cls.kdumpkit, cls.collector = contents("kdumpkit"), contents("makedumpfile-lite")

    def test_lintian_has_no_error(self):
        done = subprocess.run(["lintian", "--allow-root", "--fail-on", "error", next(OUT.glob("*.changes"))],
                              capture_output=True, text=True, check=False)
        print(done.stdout)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_each_program_comes_with_its_page_and_completions(self):
        programs = re.search(r"KDUMPKIT_PROGRAMS ([^)]*)", (TOP / "packaging/CMakeLists.txt").read_text()).group(1)
        for name in programs.split():
            package = self.collector if name == "makedumpfile-lite" else self.kdumpkit
            self.assertEqual(len([path for path in package if path.endswith(f"/{name}") and "bin" in path
                                  or path.endswith(f"libexec/kdumpkit/{name}")]), 1, name)
            self.assertLessEqual({f"/usr/share/man/man8/{name}.8.gz",
                                  f"/usr/share/bash-completion/completions/{name}",
                                  f"/usr/share/zsh/vendor-completions/_{name}",
                                  f"/usr/share/fish/vendor_completions.d/{name}.fish"}, package)

    def test_no_file_is_in_both(self):
        self.assertEqual(self.kdumpkit & self.collector, set())

    def test_the_system_finds_its_files(self):
        for path in ("system/kdumpkit.service", "system/kdumpkit-record.service", "system/kdumpkit-online.target",
                     "catalog/kdumpkit.catalog"):
            self.assertTrue({f"/lib/systemd/{path}", f"/usr/lib/systemd/{path}"} & self.kdumpkit, path)
        self.assertLessEqual({"/etc/kernel/postinst.d/kdumpkit", "/etc/kernel/postrm.d/kdumpkit", "/usr/sbin/kdumpkit",
                              "/usr/lib/kernel/install.d/93-kdumpkit.install", "/usr/share/man/man5/kdumpkit.toml.5.gz",
                              "/usr/share/initramfs-tools/hooks/kdumpkit"}, self.kdumpkit)

    def test_only_hooks_are_conffiles(self):
        with tempfile.TemporaryDirectory() as folder:
            command("dpkg-deb", "-e", next(OUT.glob("kdumpkit_*.deb")), folder)
            files = (pathlib.Path(folder) / "conffiles").read_text().split()
        self.assertEqual(files, ["/etc/kernel/postinst.d/kdumpkit", "/etc/kernel/postrm.d/kdumpkit"])

    def test_what_is_built_with_is_declared(self):
        section = (TOP / "packaging/debian-packages.txt").read_text().split("[build]\n")[1].split("\n[")[0]
        listed = {line.split()[0] for line in section.splitlines() if line.strip()} - NOT_LINKED
        control = (TOP / "packaging/debian/control").read_text().split("Build-Depends:")[1].split("Standards-")[0]
        declared = {re.split(r"[ :(]", entry.strip())[0] for entry in control.split(",")} - {"debhelper-compat"}
        self.assertEqual(declared, listed)


class Rpm(unittest.TestCase):
    def test_the_spec_is_read(self):
        parsed = command("rpmspec", "-P", SPEC)
        self.assertIn("%package -n makedumpfile-lite", parsed)
        # Debian's rpm has no macros of CMake and systemd; whatever else is left is misspelt.
        left = set(re.findall(r"%\{?\w+\}?", parsed)) - SECTIONS
        self.assertEqual(left, {"%cmake", "%cmake_build", "%cmake_install", "%{_unitdir}", "%{_udevrulesdir}"})

    def test_rpmlint_has_no_error(self):
        self.assertRegex(command("rpmlint", "-c", SPEC.parent / "rpmlint.toml", SPEC), r"\b0 errors")

    def test_versions_agree(self):
        version = re.search(r"project\(kdumpkit VERSION (\S+)", (TOP / "CMakeLists.txt").read_text()).group(1)
        self.assertIn(f"kdumpkit ({version})", (TOP / "packaging/debian/changelog").read_text().splitlines()[0])
        self.assertRegex(SPEC.read_text(), rf"(?m)^Version: +{re.escape(version)}$")


if __name__ == "__main__":
    unittest.main(verbosity=2)
