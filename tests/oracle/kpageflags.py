# SPDX-License-Identifier: GPL-2.0-or-later
"""What each page is by /proc/kpageflags (Linux, Documentation/admin-guide/mm/pagemap.rst and
include/uapi/linux/kernel-page-flags.h), and what a dump level has to drop of it. Shares nothing with our filter: the
kernel itself has read its struct pages here."""
import array

BITS = {name: 1 << bit for bit, name in (
    (4, "dirty"), (5, "lru"), (7, "slab"), (8, "writeback"), (10, "buddy"), (11, "mmap"), (12, "anon"),
    (13, "swapcache"), (14, "swapbacked"), (15, "head"), (16, "tail"), (17, "huge"), (18, "unevictable"),
    (19, "hwpoison"), (20, "nopage"), (21, "ksm"), (22, "thp"), (23, "offline"), (24, "zero"), (26, "pgtable"),
    (32, "reserved"), (33, "mlocked"), (35, "private"))}
KINDS = ("free", "cache", "cache_private", "user", "offline", "hwpoison", "kernel", "hole")
# The bits of -d (makedumpfile(8)) that drop a kind; offline and broken pages go at every level that looks at struct
# pages.
LEVELS = {"cache": 2 | 4, "cache_private": 4, "user": 8, "free": 16, "offline": ~1, "hwpoison": ~1}


def kind_of(flags):
    """The kind of a page that is not the tail of another."""
    def has(name):
        return flags & BITS[name]

    if has("nopage"):
        return "hole"
    if has("buddy"):
        return "free"
    if has("huge"):
        return "user"
    if has("slab") or has("pgtable"):
        return "kernel"
    if has("anon"):
        return "user"
    if has("lru") or (has("swapcache") and has("swapbacked")):
        return "cache_private" if has("private") else "cache"
    if has("offline"):
        return "offline"
    return "kernel"


def names_of(flags):
    """For a table or a message."""
    return "+".join(name for name, bit in BITS.items() if flags & bit) or "none"


class PageFlags:
    """/proc/kpageflags of a whole machine: `flags[pfn]`, and a set of pfns (bits of an integer) for each kind."""

    def __init__(self, data):
        self.flags = array.array("Q", data[:len(data) // 8 * 8])
        known = {}
        kinds, head = [], "kernel"
        tail, broken = BITS["tail"], BITS["hwpoison"]
        for flags in self.flags:
            if not flags & tail:  # a tail goes where its head goes
                if flags not in known:
                    known[flags] = kind_of(flags)
                head = known[flags]
            kinds.append("hwpoison" if flags & broken else head)
        self.kinds = kinds
        self.sets = {kind: 0 for kind in KINDS}
        for kind in KINDS:
            self.sets[kind] = pack(bytes(one == kind for one in kinds))

    def dropped(self, level):
        """The pages that a dump of this level must not have."""
        out = 0
        if level > 1:
            for kind, bits in LEVELS.items():
                if level & bits:
                    out |= self.sets[kind]
        return out


def pack(flags):
    """One byte (0 or 1) a page, as bits of an integer."""
    return int(flags[::-1].translate(bytes([48, 49]) + bytes(254)) or b"0", 2)


def pages(bits):
    """The numbers of the set bits, rising."""
    found, base = [], 0
    for byte in bits.to_bytes((bits.bit_length() + 7) // 8, "little"):
        if byte:
            found += [base + bit for bit in range(8) if byte >> bit & 1]
        base += 8
    return found
