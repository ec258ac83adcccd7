#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Manual pages and completions say what the programs say; the shells themselves complete by them. Argument: the build
folder."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "packaging/reference"))
import completion  # pylint: disable=wrong-import-position
import table  # pylint: disable=wrong-import-position

build = None
BASH = """
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_${1//-/_}
printf '%s\\n' "${COMPREPLY[@]}"
"""
# A terminal of its own, since zsh completes nowhere else.
ZSH = """
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PROMPT= ; fpath=($1 \\$fpath); autoload -U compinit; compinit -D -u"
zpty -w shell "zstyle ':completion:*' list-colors ''"
zpty -w shell "LISTMAX=10000; bindkey '^I' list-choices; stty columns 200; print READY"
zpty -r shell seen '*READY*READY*'
zpty -w -n shell "$2"$'\\t'
sleep 2
zpty -w -n shell $'\\x15'
zpty -w shell 'print "DO""NE"'
zpty -r shell seen '*DONE*'
print -r -- "$seen"
"""


def programs():
    return sorted(path.name.removesuffix(".8") for path in (build / "reference/man").glob("*.8"))


def words_of(text):
    return {word for word in text.split() if word}


class Reference(unittest.TestCase):
    def page(self, name):
        """The page as plain text; a complaint of groff is a failure."""
        done = subprocess.run(["groff", "-mandoc", "-Tutf8", "-P-c", "-rHY=0", "-ww", build / "reference/man" / name],
                              capture_output=True, text=True, check=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
        self.assertEqual(done.stderr, "", name)
        # Bold is a character over itself; the renderer's own hyphens and minus signs are not ASCII.
        return re.sub(".\b", "", done.stdout).translate({0x2010: "-", 0x2212: "-"})

    def bash(self, *words):
        done = subprocess.run(["bash", "-c", BASH, "bash", build / "reference/bash" / words[0], *words],
                              capture_output=True, text=True, check=True)
        self.assertEqual(done.stderr, "")
        return words_of(done.stdout)

    def test_every_program_has_its_page(self):
        listed = re.search(r"KDUMPKIT_PROGRAMS ([^)]*)", (TOP / "packaging/CMakeLists.txt").read_text()).group(1)
        self.assertEqual(programs(), sorted(listed.split()))
        hand_written = {path.name.removesuffix(".8") for path in (TOP / "docs/man").glob("*.8")}
        # These two are no commands of a person's: kdump-capture runs them, and no shell completes them.
        self.assertEqual(set(programs()), hand_written - {"kdump-network", "kdump-kexec"})

    def test_every_option_is_in_the_manual(self):
        for name in programs():
            page = self.page(f"{name}.8")
            self.assertNotIn("@", re.sub(r"\S+@\S+", "", page), f"{name}: a mark was not filled in")
            for _, one in completion.all_commands(table.read(build / "bin" / name)):
                for option in one.flags():
                    for flag in option.names:
                        self.assertIsNotNone(re.search(rf"(?<![\w-]){flag}(?![\w-])", page),
                                             f"{name}.8 does not tell of {flag}")

    def test_the_manual_tells_of_no_other_option(self):
        known = {flag for name in programs() for _, one in completion.all_commands(table.read(build / "bin" / name))
                 for option in one.flags() for flag in option.names}
        told = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+[a-z]", self.page("kdumpkit.8")))
        self.assertEqual(told - known, set())

    def test_exit_codes_are_the_same_everywhere(self):
        """The table of docs/exit-codes.md, the code, and of each program what --help and the manual list."""
        rows = re.findall(r"^\| (\d+) \| (\w+) \|", (TOP / "docs/exit-codes.md").read_text(), re.MULTILINE)
        constant = re.compile(r"^inline constexpr int (?:exit_)?(\w+) = (\d+);", re.MULTILINE)
        code = [constant.findall((TOP / header).read_text()) for header in ("base/error.h", "capture/send/outcome.h")]
        self.assertEqual({name: number for number, name in rows}, dict(code[0] + code[1]))
        listed = re.compile(r"(?:^|[:,.;]) *(\d+)(?=:| |$)", re.MULTILINE)
        for path in sorted((TOP / "docs/man").glob("*.8")):
            name = path.name.removesuffix(".8")
            with self.subTest(name):
                page = re.search(r"^\.S[hH] EXIT STATUS\n(.*?)^\.S[hH] ", path.read_text(), re.MULTILINE | re.DOTALL)
                in_page = set(listed.findall(re.sub(r"^\.(It|B|TP|PP) ?", "", page.group(1), flags=re.MULTILINE)))
                told = subprocess.run([build / "bin" / name, "--help"], capture_output=True, text=True, check=True)
                in_help = set(listed.findall(re.search(r"[Ee]xit codes(:.*)", told.stdout, re.DOTALL).group(1)))
                self.assertEqual(in_page, in_help)
                self.assertLessEqual(in_page, {number for number, _ in rows})

    def test_every_key_is_in_the_manual(self):
        page = " ".join(self.page("kdumpkit.toml.5").split())
        rows = re.findall(r"^\| `([a-z_.]+)` \|", (TOP / "docs/settings.md").read_text(), re.MULTILINE)
        self.assertGreater(len(rows), 10)
        for key in rows:
            self.assertIn(f" {key} ", page)

    def test_bash_completes(self):
        subcommands = {one.name for one in table.read(build / "bin/kdumpkit").commands}
        config = next(one for one in table.read(build / "bin/kdumpkit").commands if one.name == "config").commands
        self.assertEqual(self.bash("kdumpkit", ""), subcommands)
        self.assertEqual(self.bash("kdumpkit", "est"), {"estimate"})
        self.assertEqual(self.bash("kdumpkit", "build", "--t"), {"--target"})
        self.assertEqual(self.bash("kdumpkit", "config", ""), {one.name for one in config})
        self.assertIn("--json", self.bash("kdumpkit", "config", "check", "--"))
        self.assertEqual(self.bash("kdumpkit", "load", "--syscall", "kexec_"), {"kexec_load", "kexec_file_load"})
        self.assertEqual(self.bash("kdumpkit", "load", "--syscall", "=", "au"), {"auto"})
        self.assertEqual(self.bash("kdumpkit", "load", "--kernel", "/etc/host"),
                         {str(path) for path in pathlib.Path("/etc").glob("host*")})
        self.assertEqual(self.bash("kdumpkit", "load", "--root", "/et"), {"/etc"})
        self.assertEqual(self.bash("kdumpkit", "config", "explain", "dump.l"), {"dump.level"})
        self.assertEqual(self.bash("kdumpkit", "config", "import", "/etc/host"),
                         {str(path) for path in pathlib.Path("/etc").glob("host*")})
        self.assertIn("kdump.conf", self.bash("kdumpkit", "config", "import", "--format", ""))
        self.assertEqual(self.bash("kdumpkit", "reserve", ""), {"auto"})
        self.assertEqual(self.bash("kdumpkit", "show", ""), {"latest"})
        self.assertEqual(self.bash("kdumpkit", "extract", "/dev/nul"), {"/dev/null"})
        self.assertEqual(self.bash("makedumpfile-lite", "--dump-l"), {"--dump-level"})
        self.assertIn("info", self.bash("makedumpfile-lite", "i"))
        self.assertEqual(self.bash("makedumpfile-lite", "/et"), {"/etc"})

    def test_every_option_completes_in_bash(self):
        for name in programs():
            for path, one in completion.all_commands(table.read(build / "bin" / name)):
                flags = {flag for option in one.flags() for flag in option.names}
                self.assertEqual(self.bash(name, *path, "-"), flags, (name, *path))

    def fish(self, *lines):
        """What completes each line."""
        script = "; ".join(f"source {path}" for path in (build.resolve() / "reference/fish").glob("*.fish"))
        script += "".join(f"; complete -C '{line}'; echo =" for line in lines)
        with tempfile.TemporaryDirectory() as home:
            done = subprocess.run(["fish", "--no-config", "-c", script], capture_output=True, text=True, check=True,
                                  cwd=home, env={"HOME": home, "PATH": "/bin"})
        self.assertEqual(done.stderr, "")
        return [{word.split("\t")[0] for word in part.splitlines()} for part in done.stdout.split("=\n")[:-1]]

    def test_every_option_completes_in_fish(self):
        commands = [(name, path, one) for name in programs()
                    for path, one in completion.all_commands(table.read(build / "bin" / name))]
        answers = self.fish(*(" ".join((name, *path, "-")) for name, path, _ in commands))
        for (name, path, one), answer in zip(commands, answers, strict=True):
            flags = {flag for option in one.flags() for flag in option.names}
            if path and name == "kdumpkit":
                self.assertEqual(answer, flags, (name, *path))
            else:  # the jobs of the other programs take the options of the program
                self.assertLessEqual(flags, answer, (name, *path))

    def test_every_option_is_in_zsh(self):
        for name in programs():
            text = (build / "reference/zsh" / f"_{name}").read_text()
            for path, one in completion.all_commands(table.read(build / "bin" / name)):
                called = "_".join(("", name, *path)).replace("-", "_")
                function = re.search(rf"^{called}\(\) {{(.*?)^}}", text, re.MULTILINE | re.DOTALL).group(1)
                self.assertEqual(set(re.findall(r"^ +'\*(-[\w-]+)\[", function, re.MULTILINE)),
                                 {flag for option in one.flags() for flag in option.names}, (name, *path))

    def test_fish_completes(self):
        def fish(line):
            return self.fish(line)[0]

        self.assertEqual(fish("kdumpkit est"), {"estimate"})
        self.assertEqual(fish("kdumpkit build --tar"), {"--target"})
        self.assertLessEqual({"check", "explain", "show"}, fish("kdumpkit config "))
        self.assertEqual(fish("kdumpkit load --syscall au"), {"auto"})
        self.assertEqual(fish("kdumpkit config explain dump.l"), {"dump.level"})
        self.assertLessEqual({"/etc/hosts", "/etc/hostname"}, fish("kdumpkit config import /etc/host"))
        self.assertEqual(fish("makedumpfile-lite --dump-l"), {"--dump-level"})

    def test_zsh_completes(self):
        def zsh(line):
            done = subprocess.run(["zsh", "-f", "-c", ZSH, "zsh", build / "reference/zsh", line], capture_output=True,
                                  text=True, check=True, timeout=60)
            return done.stdout

        self.assertRegex(zsh("kdumpkit e"), r"estimate +-- how much memory")
        self.assertIn("--target", zsh("kdumpkit build --"))
        self.assertIn("kexec_file_load", zsh("kdumpkit load --syscall "))
        self.assertIn("dump.level", zsh("kdumpkit config explain dump."))
        self.assertIn("hosts", zsh("kdumpkit config import /etc/host"))
        self.assertRegex(zsh("kdumpkit config "), r"explain +-- what a setting means")
        self.assertIn("--dump-level", zsh("makedumpfile-lite --"))


if __name__ == "__main__":
    build = pathlib.Path(sys.argv.pop())
    unittest.main(argv=[sys.argv[0], "-v"])
