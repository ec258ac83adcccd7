# SPDX-License-Identifier: GPL-2.0-or-later
"""What can be wrong with a file: deterministic variations of a good one, each with a name that says what was done."""
import random
import struct

NUMBERS = (0, 1, 0x7f, 0xff, 0x1000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 1 << 40, 1 << 52, (1 << 63) - 1,
           1 << 63, (1 << 64) - 1)


def fields(spec):
    """[(offset, size)] of the fields of a struct format, from `spec` = (where it lies, its format)."""
    where, layout = spec
    prefix, at, found = layout[0], 0, []
    for letter in layout[1:]:
        size = struct.calcsize(prefix + letter)
        found.append((where + at, size))
        at += size
    return found


def wrong_fields(good, specs, count, chance):
    """Each field of the structs with `count` other numbers in it."""
    for spec in specs:
        for offset, size in fields(spec):
            if offset + size > len(good):
                continue
            for number in chance.sample(NUMBERS, count):
                bad = bytearray(good)
                bad[offset:offset + size] = (number & ((1 << 8 * size) - 1)).to_bytes(size, "little")
                yield f"{number:#x} at offset {offset}", bytes(bad)


def wrong_lengths(good, chance):
    """Cut, at every sort of place, and grown."""
    edges = {0, 1, 15, 16, 63, 64, 463, 464, 4095, 4096, 4097, 8192, len(good) // 2, len(good) - 1}
    for size in sorted(edges | {chance.randrange(len(good)) for _ in range(8)}):
        if size < len(good):
            yield f"cut at {size}", good[:size]
    yield "with a page of zeros behind it", good + bytes(4096)
    yield "with noise behind it", good + chance.randbytes(5000)


def noise(good, count, chance):
    """Bytes and bits that flipped anywhere."""
    for number in range(count):
        bad = bytearray(good)
        places = [chance.randrange(len(bad)) for _ in range(chance.choice((1, 3, 50)))]
        for place in places:
            bad[place] = chance.randrange(256)
        yield f"noise {number} at {places[0]}", bytes(bad)


def all_lies(name, good, specs, per_field=1, noises=15):
    """(what was done, bytes) for everything above; the same on every run."""
    chance = random.Random(name)
    yield "nothing wrong", good
    yield from wrong_fields(good, specs, per_field, chance)
    yield from wrong_lengths(good, chance)
    yield from noise(good, noises, chance)
