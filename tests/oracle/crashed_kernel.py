# SPDX-License-Identifier: GPL-2.0-or-later
"""A crashed kernel's struct pages and per-CPU free lists, read out of its raw vmcore by libkdumpfile with the types
(BTF) and symbols (/proc/kallsyms) that the guest saved while it was well. Written from the kernel's own
fs/proc/page.c and mm/page_alloc.c, and shares nothing with our filter: it says what /proc/kpageflags would have said at
the panic."""
import array
import struct

import kdumpfile
from kpageflags import BITS

# flags, lru.next, lru.prev, mapping, index, private, _mapcount, _refcount, memcg
PAGE = struct.Struct("<QQQQQQIiQ")
EXPECTED = {"flags": 0, "lru": 8, "mapping": 24, "private": 40, "_mapcount": 48, "_refcount": 52}
# Page types up to 6.11 (include/linux/page-flags.h): a cleared bit below PAGE_TYPE_BASE.
OLD_TYPES = {"buddy": 0x80, "offline": 0x100, "table": 0x200}
COPIED = {"PG_lru": "lru", "PG_dirty": "dirty", "PG_reserved": "reserved", "PG_private": "private",
          "PG_hwpoison": "hwpoison", "PG_mlocked": "mlocked", "PG_writeback": "writeback",
          "PG_unevictable": "unevictable", "PG_swapbacked": "swapbacked"}


class Btf:
    """The types of a kernel: Documentation/bpf/btf.rst."""
    TRAILER = {1: (4, 0), 3: (12, 0), 4: (0, 12), 5: (0, 12), 6: (0, 8), 13: (0, 8), 14: (4, 0), 15: (0, 12),
               17: (4, 0), 19: (0, 12)}

    def __init__(self, data):
        self.data = data
        (size,) = struct.unpack_from("<I", data, 4)
        types, length, strings, _ = struct.unpack_from("<4I", data, 8)
        self.strings = size + strings
        self.types, self.named = [None], {}
        at, end = size + types, size + types + length
        while at < end:
            name, info, value = struct.unpack_from("<3I", data, at)
            kind = info >> 24 & 31
            if kind in (4, 5, 6, 19):
                self.named.setdefault(self.string(name), len(self.types))
            self.types.append((kind, info & 0xffff, info >> 31, value, at + 12))
            fixed, each = self.TRAILER.get(kind, (0, 0))
            at += 12 + fixed + each * (info & 0xffff)

    def string(self, offset):
        begin = self.strings + offset
        return self.data[begin:self.data.index(b"\0", begin)].decode()

    def resolve(self, number):
        while self.types[number][0] in (8, 9, 10, 11, 18):
            number = self.types[number][3]
        return number

    def members(self, number, base=0):
        """(name, offset, type) of a struct or union, those of its anonymous members among them."""
        _, count, flag, _, at = self.types[number]
        for index in range(count):
            name, kind, bits = struct.unpack_from("<3I", self.data, at + 12 * index)
            offset = base + (bits & 0xffffff if flag else bits) // 8
            if name:
                yield self.string(name), offset, kind
            else:
                yield from self.members(self.resolve(kind), offset)

    def offset(self, structure, member):
        """None when there is no such struct or member."""
        found = self.named.get(structure)
        return next((at for name, at, _ in self.members(found) if name == member), None) if found else None

    def elements(self, structure, member):
        kind = next(kind for name, _, kind in self.members(self.named[structure]) if name == member)
        return struct.unpack_from("<3I", self.data, self.types[self.resolve(kind)][4])[2]

    def size(self, structure):
        return self.types[self.named[structure]][3]

    def enumerators(self, name):
        """Empty when there is no such enum."""
        if name not in self.named:
            return {}
        _, count, _, _, at = self.types[self.named[name]]
        pairs = (struct.unpack_from("<2I", self.data, at + 8 * index) for index in range(count))
        return {self.string(name): value for name, value in pairs}


class CrashedKernel:
    def __init__(self, folder):
        self.btf = Btf((folder / "btf").read_bytes())
        lines = (line.split() for line in (folder / "symbols").read_text().splitlines())
        self.symbols = {name: int(address, 16) for address, _, name in lines}
        self.context = kdumpfile.kdumpfile(str(folder / "vmcore"))
        self.context.attr["addrxlat.ostype"] = "linux"
        for member, at in EXPECTED.items():
            if self.btf.offset("page", member) != at:
                raise ValueError(f"page.{member} is at {self.btf.offset('page', member)}, not at {at}")
        self.bits = self.btf.enumerators("pageflags")
        self.types = self.btf.enumerators("pagetype")
        self.raw = self._struct_pages()
        self.free = self._free_blocks()

    def read(self, address, size):
        return bytes(self.context.read(kdumpfile.KDUMP_KVADDR, address, size))

    def u64(self, address):
        return struct.unpack("<Q", self.read(address, 8))[0]

    def _struct_pages(self):
        """pfn -> the fields of its struct page (PAGE), for every section that has any."""
        info = self.context.attr["linux.vmcoreinfo"]
        per_section = 1 << int(info["NUMBER.SECTION_SIZE_BITS"]) - 12
        root = self.u64(int(info["SYMBOL.mem_section"]))
        self.map = None
        raw = {}
        for number in range(4096 // self.btf.size("mem_section")):
            coded = self.u64(root + number * self.btf.size("mem_section"))
            if not coded & 2:  # SECTION_HAS_MEM_MAP
                continue
            base = coded & ~0xfff
            self.map = base
            for pfn in range(number * per_section, (number + 1) * per_section, 64):
                try:
                    data = self.read(base + pfn * 64, 4096)
                except kdumpfile.KDumpBaseException:
                    continue
                raw.update(zip(range(pfn, pfn + 64), PAGE.iter_unpack(data)))
        return raw

    def is_type(self, word, flags, name):
        """What PageBuddy() and its like say. `word`: _mapcount."""
        if f"PGTY_{name}" in self.types:
            return word >> 24 == self.types[f"PGTY_{name}"]
        if self.types or name not in OLD_TYPES:
            return False
        return not self.has(flags, "PG_slab") and word & (0xf0000000 | OLD_TYPES[name]) == 0xf0000000

    def has(self, flags, name):
        return name in self.bits and flags >> self.bits[name] & 1

    def head_of(self, pfn):
        """The pfn of the head of the compound page that pfn is a tail of; None when it is no tail."""
        link = self.raw[pfn][1]
        if not link & 1:
            return None
        value, here = link & ~1, self.map + pfn * 64
        if (value - self.map) // 64 not in self.raw:  # 7.1: compound_info is a mask
            value &= here
        return (value - self.map) // 64

    def _free_blocks(self):
        """The pages inside free blocks of the buddy allocator (is_free_buddy_page)."""
        free = set()
        for pfn, page in self.raw.items():
            if self.is_type(page[6], page[0], "buddy") and page[5] < 12:
                free.update(range(pfn, pfn + (1 << page[5])))
        return free

    def all_kpageflags(self, limit):
        """/proc/kpageflags of the pfns below `limit`, as the kernel would have written it at the panic."""
        return array.array("Q", map(self.kpageflags, range(limit))).tobytes()

    def kpageflags(self, pfn):
        """stable_page_flags() of fs/proc/page.c, as far as kpageflags.kind_of looks at it."""
        if pfn not in self.raw:
            return BITS["nopage"]
        flags, _, _, _, _, _, word, count, _ = self.raw[pfn]
        out = 0
        if count == 0 and pfn in self.free or self.is_type(word, flags, "buddy"):
            return BITS["buddy"]
        head = self.head_of(pfn)
        if head is not None and head in self.raw:
            out |= BITS["tail"]
        else:
            head = pfn
        first = self.raw[head]
        if self.has(first[0], "PG_head") and head == pfn:
            out |= BITS["head"]
        if self.is_hugetlb(head):
            out |= BITS["huge"]
        typed = self.types and first[6] >> 24 != 0xff and first[6] >> 31
        if self.has(first[0], "PG_slab") or self.is_type(first[6], first[0], "slab"):
            out |= BITS["slab"]
        elif first[3] & 1 and not (typed and not out & BITS["huge"]):
            out |= BITS["anon"]
        if self.is_type(first[6], first[0], "table"):
            out |= BITS["pgtable"]
        if self.is_type(word, flags, "offline"):
            out |= BITS["offline"]
        if self.has(first[0], "PG_swapcache") and self.has(first[0], "PG_swapbacked"):
            out |= BITS["swapcache"]
        for bit, name in COPIED.items():
            if self.has(first[0] if name != "hwpoison" else flags, bit):
                out |= BITS[name]
        return out

    def is_hugetlb(self, pfn):
        flags, second = self.raw[pfn][0], self.raw.get(pfn + 1)
        if not self.has(flags, "PG_head") or second is None:
            return False
        if "PGTY_hugetlb" in self.types:
            return self.is_type(self.raw[pfn][6], flags, "hugetlb")
        destructors = self.btf.enumerators("compound_dtor_id")
        if destructors:  # page[1].compound_dtor, the byte at 16
            return second[2] & 0xff == destructors["HUGETLB_PAGE_DTOR"]
        return bool(self.has(second[0], "PG_hugetlb"))

    def per_cpu_free(self):
        """pfn -> order of every block on a per-CPU free list; and what the lists' own counters add up to, in pages."""
        btf, blocks, counted = self.btf, {}, 0
        inner = btf.offset("per_cpu_pageset", "pcp") if "per_cpu_pageset" in btf.named else 0
        member = btf.offset("zone", "per_cpu_pageset")
        pointer = member if member is not None else btf.offset("zone", "pageset")
        lists, number = btf.offset("per_cpu_pages", "lists"), btf.elements("per_cpu_pages", "lists")
        for zone in self.zones():
            for offset in self.cpu_offsets():
                pcp = (self.u64(zone + pointer) + offset + inner) % 2**64
                counted += struct.unpack("<i", self.read(pcp + btf.offset("per_cpu_pages", "count"), 4))[0]
                for index in range(number):
                    # mm/page_alloc.c, order_to_pindex(): three lists of each order up to 3, then huge pages.
                    order = 0 if number == 3 else index // 3 if index < 12 else 9
                    start = link = pcp + lists + 16 * index
                    while (link := self.u64(link)) != start:
                        pfn = (link - 8 - self.map) // 64
                        if pfn in blocks or pfn not in self.raw:
                            raise ValueError(f"per-CPU list {index} leads to {link:#x}")
                        blocks[pfn] = order
        return blocks, counted

    def zones(self):
        nodes = [self.symbols["contig_page_data"]] if "contig_page_data" in self.symbols else [
            self.u64(self.symbols["node_data"])]
        for node in nodes:
            first = node + self.btf.offset("pglist_data", "node_zones")
            for index in range(self.btf.elements("pglist_data", "node_zones")):
                yield first + index * self.btf.size("zone")

    def cpu_offsets(self):
        mask = self.u64(self.symbols["__cpu_possible_mask"])
        return [self.u64(self.symbols["__per_cpu_offset"] + 8 * cpu) for cpu in range(64) if mask >> cpu & 1]
