# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs commands as whole processes, in turn, and keeps what each cost."""
import json
import os
import pathlib
import statistics
import subprocess
import threading
import time


class Cost:
    """Of one run: seconds of wall clock and of CPU, bytes written, KiB of memory; seconds by phase, if it told."""

    def __init__(self, wall, cpu, anonymous, output, phases=None):
        self.wall, self.cpu, self.anonymous, self.output, self.phases = wall, cpu, anonymous, output, phases

    def then(self, other, output):
        """This and what ran after it on its output, with `output` bytes in the end."""
        return Cost(self.wall + other.wall, self.cpu + other.cpu, max(self.anonymous, other.anonymous), output)


def _watch_anonymous(pid, stop, peak):
    """The highest RssAnon: what the process has besides mapped input, which ru_maxrss does not tell apart."""
    while not stop.is_set():
        try:
            for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("RssAnon"):
                    peak[0] = max(peak[0], int(line.split()[1]))
        except OSError:
            return
        stop.wait(0.005)


def _stored(path):
    """Bytes that a file takes: holes take none."""
    status = path.stat()
    return min(status.st_size, status.st_blocks * 512)


def once(command, outputs=(), stdout=None, summary=()):
    """Runs `command`; `outputs` are removed before and measured behind. `stdout`: a file to write it to. `summary`: the
    JSON file in which it tells its phases, or nothing."""
    for path in outputs:
        pathlib.Path(path).unlink(missing_ok=True)
    sink = open(stdout, "wb") if stdout else subprocess.DEVNULL
    start = time.monotonic()
    process = subprocess.Popen([str(word) for word in command], stdout=sink, stderr=subprocess.PIPE)
    stop, peak = threading.Event(), [0]
    watcher = threading.Thread(target=_watch_anonymous, args=(process.pid, stop, peak))
    watcher.start()
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    stop.set()
    watcher.join()
    if stdout:
        sink.close()
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit {process.returncode}\n{said.decode(errors='replace')}")
    size = sum(_stored(pathlib.Path(path)) for path in outputs)
    phases = json.loads(pathlib.Path(summary[0]).read_text())["seconds"] if summary else None
    return Cost(wall, usage.ru_utime + usage.ru_stime, peak[0], size, phases)


def plain_read(programs, path, offset, size):
    """What reading so many bytes costs: wall clock only."""
    told = subprocess.run([programs / "bench-plain-read", path, str(offset), str(size)], check=True,
                          capture_output=True, text=True)
    return Cost(float(told.stdout.split()[0]), 0, 0, 0)


def in_page_cache(path):
    """Bytes of a file that the page cache holds."""
    told = subprocess.run(["fincore", "--bytes", "--noheadings", "--output", "RES", path], check=True,
                          capture_output=True, text=True)
    return int(told.stdout)


class Median:
    def __init__(self, costs):
        for name in ("wall", "cpu", "anonymous", "output"):
            setattr(self, name, statistics.median(getattr(one, name) for one in costs))
        self.walls = [one.wall for one in costs]
        if hasattr(costs[0], "cached"):
            self.cached = statistics.median(one.cached for one in costs)
        if costs[0].phases:
            self.phases = {name: statistics.median(one.phases[name] for one in costs) for name in costs[0].phases}


def side_by_side(runs, *contestants, warm=1):
    """Each contestant is a function that returns a Cost; they take turns, so that a busy moment hits all alike. The
    first `warm` rounds are not counted: they fill the page cache."""
    costs = [[] for _ in contestants]
    for turn in range(runs + warm):
        for mine, contestant in zip(costs, contestants):
            cost = contestant()
            if turn >= warm:
                mine.append(cost)
    return [Median(mine) for mine in costs]
