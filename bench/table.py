# SPDX-License-Identifier: GPL-2.0-or-later
"""The rows of bench/run as data, as lines on a terminal and as Markdown."""
BEGIN, END = "<!-- bench/run: begin -->\n", "<!-- bench/run: end -->\n"
HEAD = (f"{'':<35}{'wall':>9}{'CPU':>9}{'output':>11}{'memory':>10} |{'peer: wall':>11}{'CPU':>9}{'output':>11}"
        f"{'memory':>10} |{'speed':>7}{'CPU':>7}{'size':>7}")


def row(name, ours, peer=None):
    """Medians of both sides, and how many times faster and smaller ours is: above 1 is good but for `size_ratio`."""
    result = {"name": name, "ours": vars(ours)}
    if peer is not None:
        result["peer"] = vars(peer)
        result["speed_ratio"] = peer.wall / ours.wall
        result["cpu_ratio"] = peer.cpu / ours.cpu
        if peer.output:
            result["size_ratio"] = ours.output / peer.output
    return result


def _side(side):
    return (f"{side['wall']:.2f} s", f"{side['cpu']:.2f} s", f"{side['output'] / 1e6:.1f} MB",
            f"{side['anonymous'] / 1024:.1f} MiB")


def _ratios(one):
    return [f"{one[key]:.{digits}f}" if key in one else ""
            for key, digits in (("speed_ratio", 2), ("cpu_ratio", 2), ("size_ratio", 3))]


def line(one):
    def columns(side):
        return "".join(f"{text:>{width}}" for text, width in zip(_side(side), (9, 9, 11, 10)))
    text = f"{one['name']:<35}{columns(one['ours'])}"
    if "peer" in one:
        text += f" |  {columns(one['peer'])} |" + "".join(f"{ratio:>7}" for ratio in _ratios(one))
    return text


def markdown(facts, rows):
    """The whole section, between its marks."""
    lines = [f"{facts['date']}, {facts['cpus']} CPUs ({facts['cpu']}), Linux {facts['kernel']}, load "
             f"{facts['load']:.1f} at the start; the peer is {facts['peer']}; medians of {facts['runs']} runs, taking "
             f"turns; {facts['minutes']} minutes in all. The real vmcore has {facts['input_bytes'] / 2**30:.1f} GiB.",
             "",
             "| `-d 31` | wall | CPU | output | memory | peer: wall | CPU | output | memory | speed | CPU | size |",
             "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"]
    for one in rows:
        peer = _side(one["peer"]) if "peer" in one else [""] * 4
        lines.append("| " + " | ".join([one["name"], *_side(one["ours"]), *peer, *_ratios(one)]) + " |")
    for one in rows:
        if "filter_ratio" in one:
            lines += ["", f"The filter itself took {one['ours']['phases']['filter'] * 1e3:.0f} ms, reading as many "
                      f"bytes {one['plain_read'] * 1e3:.0f} ms: {one['filter_ratio']:.2f}x."]
        if "cached" in one["ours"]:
            cached = {side: f"{one[side]['cached'] / 1e6:.0f} MB" for side in ("ours", "peer")}
            lines += ["", f"Of the dump on the disk the page cache holds {cached['ours']} when it is written, of the "
                      f"peer's {cached['peer']}."]
    points = [one for one in rows if "gib" in one]
    if points:
        lines += ["", "| sparse machine | open | filter | write | memory |", "|--:|--:|--:|--:|--:|"]
        for one in points:
            phases = one["ours"]["phases"]
            lines.append(f"| {one['gib']} GiB | {phases['open']:.2f} s | {phases['filter']:.2f} s | "
                         f"{phases['write']:.2f} s | {one['ours']['anonymous'] / 1024:.1f} MiB |")
        lines += ["", "![time and memory against the size of the machine](growth.svg)"]
    return BEGIN + "\n".join(lines) + "\n" + END


def insert(path, section):
    """Replaces the section between the marks."""
    text = path.read_text()
    begin, end = text.index(BEGIN), text.index(END) + len(END)
    path.write_text(text[:begin] + section + text[end:])
