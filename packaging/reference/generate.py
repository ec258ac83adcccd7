#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Manual pages and completions of the built programs, below OUT: man/, bash/, zsh/ and fish/."""
import argparse
import pathlib
import subprocess
import sys

import completion
import man
import table

# Programs that take any file, besides options and subcommands.
TAKE_FILES = {"makedumpfile-lite"}


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--pages", type=pathlib.Path, required=True, help="folder of the hand-written pages")
    parser.add_argument("--version", required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("programs", nargs="+")
    wish = parser.parse_args()
    for name in wish.programs:
        program = table.read(wish.bin / name)
        takes_files = name in TAKE_FILES
        page = (wish.pages / f"{name}.8").read_text(encoding="utf-8")
        write(wish.out / "man" / f"{name}.8", man.fill(page, program))
        write(wish.out / "bash" / name, completion.bash(program, takes_files))
        write(wish.out / "zsh" / f"_{name}", completion.zsh(program, takes_files))
        write(wish.out / "fish" / f"{name}.fish", completion.fish(program, takes_files))
    # /dev/null: the machine that builds may have settings of its own.
    explained = subprocess.run([wish.bin / "kdumpkit", "config", "explain", "--json", "--config", "/dev/null"],
                               capture_output=True, text=True, check=False)
    if explained.returncode != 0:
        sys.exit(f"generate: {explained.stderr}")
    write(wish.out / "man" / "kdumpkit.toml.5", man.settings(explained.stdout, wish.version))


if __name__ == "__main__":
    main()
