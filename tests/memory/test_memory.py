#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What makedumpfile-lite holds in memory, besides the mapped vmcore, while it dumps machines that are large and sparse.
  test_memory.py BUILD [GIB...]     default: 4 and 64 GiB; 12288 is 12 TiB: 36 GB of disk, an hour or more"""
import json
import pathlib
import sys
import tempfile

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[2] / "bench")]

import inputs  # noqa: E402
from measure import once  # noqa: E402

LIMIT = 24 << 20
WAYS = {"kdump": [], "flattened": ["-F"], "stream": ["--format", "stream"], "zlib": ["-c"]}


def check(program, vmcore, folder, gib, name, options):
    summary = folder / "summary.json"
    output = folder / "dump"
    cost = once([program, "-d", "31", *options, "--workers", "2", "--memory-limit", "24M", "--summary", summary, vmcore,
                 output], [output])
    told = json.loads(summary.read_text())
    memory = told["memory"]
    peak = cost.anonymous * 1024
    print(f"{gib} GiB, {name}: peak {peak / 2**20:.1f} MiB, planned {memory['budget'] / 2**20:.1f} MiB, page sets"
          f" {memory['page_sets'] / 2**20:.2f} MiB, {told['workers']} workers, {cost.wall:.1f} s", flush=True)
    wrong = []
    if not told["complete"]:
        wrong.append("the dump is not complete")
    if not 0 < peak <= LIMIT:
        wrong.append(f"it held {peak} bytes")
    if peak > memory["budget"] or memory["budget"] > LIMIT:
        wrong.append(f"it held {peak} bytes and had planned {memory['budget']}")
    return [f"{gib} GiB, {name}: {text}" for text in wrong]


def main():
    programs = pathlib.Path(sys.argv[1]) / "bin"
    sizes = [int(word) for word in sys.argv[2:]] or [4, 64]
    wrong = []
    with tempfile.TemporaryDirectory(dir=sys.argv[1], prefix="memory-") as name:
        folder = pathlib.Path(name)
        for gib in sizes:
            vmcore = inputs.sparse(programs, folder, gib)
            for way, options in WAYS.items():
                wrong += check(programs / "makedumpfile-lite", vmcore, folder, gib, way, options)
            vmcore.unlink()
    sys.exit("\n".join(wrong) if wrong else 0)


if __name__ == "__main__":
    main()
