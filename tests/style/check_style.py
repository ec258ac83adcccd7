#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What every tracked file must look like: licence line, names, white space, length, formatting, shellcheck."""
import pathlib
import re
import subprocess
import sys
import tempfile

CODE = {".h", ".hpp", ".c", ".cpp", ".cc"}
TEXT = CODE | {".S", ".ld", ".py", ".sh", ".txt", ".toml", ".cmake", ".md", ".service"}
LICENCED = TEXT - {".md"}
NAMELESS = re.compile(r"(^|[_-])(utils?|common|misc|helpers?)($|[_-])", re.IGNORECASE)
LICENCE = "SPDX-License-Identifier: GPL-2.0-or-later"
LONGEST = 400
# Text taken verbatim from kernels and from other programs' documentation.
DATA = "tests/data/"


def is_script(path, text):
    return path.suffix in ("", ".sh", ".py") and text.startswith("#!")


def is_shell(text):
    return re.match(r"#!\s*\S*(/|env )(ba|da)?sh\b", text) is not None


def complaints(top, names):
    """One line for each thing that is wrong with the files `names` below `top`."""
    found = []
    for name in names:
        path = top / name
        if name.startswith(DATA) or not path.is_file():
            continue
        if NAMELESS.search(path.stem):
            found.append(f"{name}: the name says nothing; name it after what it holds")
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        script = is_script(path, text)
        if path.suffix not in TEXT and not script:
            continue
        found += judge_text(name, path, text, script)
    return found


def judge_text(name, path, text, script):
    lines = text.splitlines()
    if path.suffix in LICENCED or script:
        first = lines[1 if script else 0:][:1]
        if not first or LICENCE not in first[0]:
            yield f"{name}:1: no {LICENCE} in the first line{' after #!' if script else ''}"
    if path.suffix in CODE and len(lines) >= LONGEST:
        yield f"{name}: {len(lines)} lines: is it still one noun? (fewer than {LONGEST})"
    for number, line in enumerate(lines, 1):
        if "\t" in line and path.suffix not in (".S", ".md") and "make" not in lines[0]:
            yield f"{name}:{number}: a tab"
        if line != line.rstrip():
            yield f"{name}:{number}: white space at the end of the line"
        if len(line) > 120 and path.suffix in CODE | {".py"}:
            yield f"{name}:{number}: longer than 120 columns"
    if text and not text.endswith("\n"):
        yield f"{name}: no newline at the end"


def run(tool, arguments, paths):
    """Complaints of an outside checker; one that is not installed is a failure, never a pass."""
    if not paths:
        return []
    try:
        done = subprocess.run([tool, *arguments, *paths], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return [f"{tool} is not installed. Next: packaging/install-packages check"]
    return [] if done.returncode == 0 else [(done.stdout + done.stderr).strip()]


def check(top, names):
    names = [name for name in names if not name.startswith(DATA)]
    code = [str(top / name) for name in names if pathlib.Path(name).suffix in CODE and (top / name).is_file()]
    scripts = []
    for name in names:
        path = top / name
        if path.suffix in ("", ".sh") and path.is_file() and is_shell(path.read_text(errors="replace")[:80]):
            scripts.append(str(path))
    return (complaints(top, names) + run("clang-format", ["--dry-run", "-Werror"], code)
            + run("shellcheck", ["-x"], scripts))


def self_test(top):
    """Each of these must be refused for its own reason, and the good file for none."""
    licence = f"// {LICENCE}\n"
    cases = {
        "base/licence.cpp": ("int a;\n", "no SPDX"),
        "base/string_utils.h": (licence, "name says nothing"),
        "base/tab.h": (licence + "int\ta;\n", "a tab"),
        "base/blank.h": (licence + "int a; \n", "white space"),
        "base/end.h": (licence + "int a;", "no newline"),
        "base/long.cpp": (licence + "//\n" * LONGEST, "one noun"),
        "base/format.cpp": (licence + "int  a ;\n", "clang-format"),
        "script": (f"#!/bin/sh\n# {LICENCE}\nrm $1\n", "SC2086"),
        "bare": ("#!/bin/sh\nexit 0\n", "no SPDX"),
    }
    with tempfile.TemporaryDirectory() as folder:
        trial = pathlib.Path(folder)
        (trial / "base").mkdir()
        (trial / ".clang-format").write_text((top / ".clang-format").read_text())
        (trial / "base/good.cpp").write_text(licence + "int a;\n")
        (trial / "good").write_text(f'#!/bin/sh\n# {LICENCE}\nrm "$1"\n')
        for name, (text, _) in cases.items():
            (trial / name).write_text(text)
        wrong = [name for name, (_, reason) in cases.items() if reason not in "\n".join(check(trial, [name]))]
        wrong += [f"{name} (good)" for name in ("base/good.cpp", "good") if check(trial, [name])]
    if wrong:
        sys.exit(f"the check itself is wrong about: {wrong}")


def main():
    top = pathlib.Path(__file__).resolve().parents[2]
    self_test(top)
    listed = subprocess.run(["git", "-c", "safe.directory=*", "-C", str(top), "ls-files", "-z", "--cached", "--others",
                             "--exclude-standard"], capture_output=True, text=True, check=False)
    names = [name for name in listed.stdout.split("\0") if name]
    if listed.returncode != 0 or not names:
        sys.exit(f"cannot list the repository's files: {listed.stderr.strip()}")
    found = check(top, names)
    if found:
        sys.exit("\n".join(found))


main()
