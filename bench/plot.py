# SPDX-License-Identifier: GPL-2.0-or-later
"""Time and memory against the size of the machine, as an SVG drawn by hand: two panels, logarithmic axes."""
import math

WIDTH, HEIGHT, LEFT, TOP, GAP = 420, 300, 70, 40, 110


def _log_ticks(low, high):
    return [10.0 ** power for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]


def _panel(x0, title, unit, xs, lines):
    """`lines`: (name, color, ys)."""
    values = [y for _, _, ys in lines for y in ys]
    ticks = _log_ticks(min(values), max(max(values), min(values) * 1.01))
    low, high = math.log10(ticks[0]), math.log10(ticks[-1]) if len(ticks) > 1 else math.log10(ticks[0]) + 1
    left, right = math.log2(min(xs)), math.log2(max(xs)) or 1

    def place(x, y):
        across = (math.log2(x) - left) / ((right - left) or 1)
        up = (math.log10(y) - low) / ((high - low) or 1)
        return x0 + across * WIDTH, TOP + HEIGHT - up * HEIGHT

    parts = [f'<text x="{x0}" y="{TOP - 14}" font-weight="bold">{title}</text>',
             f'<rect x="{x0}" y="{TOP}" width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="#888"/>']
    for tick in ticks:
        _, y = place(xs[0], tick)
        parts.append(f'<line x1="{x0}" y1="{y:.1f}" x2="{x0 + WIDTH}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{x0 - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:g} {unit}</text>')
    for x in xs:
        at, _ = place(x, ticks[0])
        parts.append(f'<text x="{at:.1f}" y="{TOP + HEIGHT + 18}" text-anchor="middle">{x} GiB</text>')
    for index, (name, color, ys) in enumerate(lines):
        points = " ".join("{:.1f},{:.1f}".format(*place(x, y)) for x, y in zip(xs, ys))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2"/>')
        for x, y in zip(xs, ys):
            parts.append('<circle cx="{:.1f}" cy="{:.1f}" r="3" fill="{}"/>'.format(*place(x, y), color))
        if len(lines) > 1:
            parts.append(f'<text x="{x0 + 10}" y="{TOP + 20 + 16 * index}" fill="{color}">{name}</text>')
    return parts


def growth(path, points):
    """`points`: rows of bench/run with `gib`."""
    if not points:
        return
    xs = [point["gib"] for point in points]
    ours = [point["ours"] for point in points]
    seconds = [("in all", "#1565c0", [max(one["wall"], 0.001) for one in ours]),
               ("filter", "#c62828", [max(one["phases"]["filter"], 0.001) for one in ours]),
               ("read, compress, write", "#2e7d32", [max(one["phases"]["write"], 0.001) for one in ours])]
    parts = _panel(LEFT, "time of -d 31 -l, 2 workers", "s", xs, seconds)
    memory = [("", "#1565c0", [max(one["anonymous"] / 1024, 0.1) for one in ours])]
    parts += _panel(LEFT + WIDTH + GAP, "memory besides mapped input", "MiB", xs, memory)
    size = f'width="{LEFT + 2 * WIDTH + GAP + 40}" height="{TOP + HEIGHT + 50}"'
    body = "\n".join(parts)
    path.write_text(f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">\n'
                    f'<rect width="100%" height="100%" fill="white"/>\n{body}\n</svg>\n')
