#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes the table of docs/reliability.md from what the fault tests saw.
reliability_table.py BUILD/vm docs/reliability.md"""
import json
import pathlib
import sys

BEGIN, END = "<!-- table: tests/vm/reliability_table.py -->", "<!-- end of the table -->"


def table(entries):
    lines = ["| fault | what was saved | how it ended | panic to end |", "|---|---|---|---|"]
    for entry in sorted(entries, key=lambda one: one["fault"]):
        seconds = "not known" if entry["seconds"] is None else f"{entry['seconds']:.0f} s"
        lines.append(f"| {entry['fault']} | {entry['saved']} | {entry['end'] or 'not said'} | {seconds} |")
    return "\n".join(lines)


def main():
    folder, page = map(pathlib.Path, sys.argv[1:3])
    entries = [entry for path in sorted(folder.glob("*/outcomes.json")) for entry in json.loads(path.read_text())]
    if not entries:
        sys.exit(f"no outcomes.json below {folder}: first run ctest -R "
                 "'vm-(faults|targets|stores|send|ship_faults|links)'")
    before, rest = page.read_text().split(BEGIN)
    _, after = rest.split(END)
    page.write_text(f"{before}{BEGIN}\n{table(entries)}\n{END}{after}")


if __name__ == "__main__":
    main()
