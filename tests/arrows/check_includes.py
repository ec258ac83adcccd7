#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The folders' include arrows: they point down, never sideways, never in a circle (docs/architecture.md)."""
import pathlib
import re
import sys
import tempfile

# What a folder may include of ours besides itself. Adding an arrow means changing docs/architecture.md as well.
ARROWS = {
    "base": set(),
    "config": {"base"},
    "loader": {"config", "base"},
    "initramfs": {"config", "base"},
    "capture": {"config", "base"},
    "capture/send": {"config", "base"},
    "network": {"config", "base"},
    "makedumpfile-lite": {"config", "base"},
    "admin": {"loader", "initramfs", "config", "base"},
    "cli": {"admin", "loader", "initramfs", "capture", "makedumpfile-lite", "config", "base"},
}
SOURCES = {".h", ".hpp", ".c", ".cpp", ".cc", ".S"}
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def owner(name):
    """The folder of ARROWS that a file belongs to: the innermost one."""
    return max((folder for folder in ARROWS if name.startswith(folder + "/")), key=len, default=None)


def violations(top):
    """One line of text for each include that runs against an arrow."""
    found = []
    for folder, allowed in ARROWS.items():
        for source in sorted((top / folder).rglob("*")):
            if source.suffix not in SOURCES or owner(str(source.relative_to(top))) != folder:
                continue
            for number, line in enumerate(source.read_text().splitlines(), 1):
                match = INCLUDE.match(line)
                if match:
                    reason = judge(top, folder, allowed, source, *match.groups())
                    if reason:
                        found.append(f"{source.relative_to(top)}:{number}: {reason}")
    return found


def judge(top, folder, allowed, source, quote, name):
    target = owner(name)
    if target:
        if quote == "<":
            return f"<{name}> is ours: write it with quotes"
        if target != folder and target not in allowed:
            may = ", ".join(sorted(allowed)) or "nothing of ours"
            return f"{folder}/ must not include {name}: it may include {may}"
        if not (top / name).is_file():
            return f"{name} does not exist"
        return None
    if quote == '"':
        if ".." in name:
            return f"{name}: name headers from the top of the source tree"
        # Freestanding code (the purgatory) may sit beside its header; nothing else may.
        if not (source.parent / name).is_file():
            return f"{name} is neither beside this file nor named from the top"
    return None


def self_test():
    """A check that cannot fail proves nothing: it must refuse each of these, and only these."""
    cases = {
        "loader/sideways.cpp": '#include "capture/stages.h"\n',
        "base/upwards.cpp": '  #  include "config/settings.h"\n',
        "config/up.h": '#include "cli/main.h"\n',
        "capture/brackets.cpp": "#include <base/error.h>\n",
        "capture/inwards.cpp": '#include "capture/send/session.h"\n',
        "capture/send/outwards.cpp": '#include "capture/stages.h"\n',
        "makedumpfile-lite/kernel/deep.cpp": '#include "loader/segment.h"\n',
        "initramfs/dots.cpp": '#include "../base/error.h"\n',
        "loader/missing.cpp": '#include "base/absent.h"\n',
    }
    good = {
        "base/error.h": "#include <string>\n",
        "capture/stages.h": '#include "base/error.h"\n',
        "capture/send/session.h": '#include "config/settings.h"\n',
        "capture/send/session.cpp": '#include "capture/send/session.h"\n',
        "cli/main.h": "",
        "config/settings.h": '#include "base/error.h"\n',
        "loader/segment.h": '#include "config/settings.h"\n',
    }
    with tempfile.TemporaryDirectory() as folder:
        top = pathlib.Path(folder)
        for name, text in {**cases, **good}.items():
            (top / name).parent.mkdir(parents=True, exist_ok=True)
            (top / name).write_text(text)
        refused = {line.split(":")[0] for line in violations(top)}
    if refused != set(cases):
        sys.exit(f"the check itself is wrong: refused {sorted(refused)}, should have refused {sorted(cases)}")


def main():
    top = pathlib.Path(__file__).resolve().parents[2]
    self_test()
    missing = [folder for folder in ARROWS if not (top / folder).is_dir()]
    if missing:
        sys.exit(f"folders named in ARROWS do not exist: {missing}")
    found = violations(top)
    if found:
        sys.exit("\n".join(found))


main()
