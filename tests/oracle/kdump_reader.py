# SPDX-License-Identifier: GPL-2.0-or-later
"""An independent reader of the kdump-compressed format (header version 6), written from the format's description in
makedumpfile's IMPLEMENTATION file and the kernel crash dump readers' structures. It shares no code with our writer, and
trusts nothing: every offset, length and flag is checked, and a page that cannot be had is an error."""
import ctypes
import ctypes.util
import mmap
import struct
import zlib

SIGNATURE = b"KDUMP   "
HEADER = struct.Struct("<8si65s65s65s65s65s65s6xqqIiiIIIIIii")
SUB_HEADER = struct.Struct("<QiiQQQQQQQQQQQ")
DESCRIPTOR = struct.Struct("<qIIQ")
ZLIB, LZO, SNAPPY, ZSTD = 0x1, 0x2, 0x4, 0x20
INCOMPLETE = 0x8
NAMES = {0: "none", ZLIB: "zlib", LZO: "lzo", SNAPPY: "snappy", ZSTD: "zstd"}


class FormatError(Exception):
    """The file contradicts its format."""


def need(condition, message):
    if not condition:
        raise FormatError(message)


def _zlib(data, size):
    return zlib.decompress(data)


def _lzo(data, size):
    out, length = ctypes.create_string_buffer(size), ctypes.c_size_t(size)
    code = ctypes.CDLL("liblzo2.so.2").lzo1x_decompress_safe(data, ctypes.c_size_t(len(data)), out,
                                                             ctypes.byref(length), None)
    need(code == 0, f"lzo says {code}")
    return out.raw[:length.value]


def _snappy(data, size):
    out, length = ctypes.create_string_buffer(size), ctypes.c_size_t(size)
    code = ctypes.CDLL("libsnappy.so.1").snappy_uncompress(data, ctypes.c_size_t(len(data)), out,
                                                           ctypes.byref(length))
    need(code == 0, f"snappy says {code}")
    return out.raw[:length.value]


def _zstd(data, size):
    library = ctypes.CDLL("libzstd.so.1")
    library.ZSTD_decompress.restype = ctypes.c_size_t
    out = ctypes.create_string_buffer(size)
    got = library.ZSTD_decompress(out, ctypes.c_size_t(size), data, ctypes.c_size_t(len(data)))
    need(got <= size, f"zstd says {got:#x}")
    return out.raw[:got]


DECOMPRESS = {ZLIB: _zlib, LZO: _lzo, SNAPPY: _snappy, ZSTD: _zstd}


class KdumpFile:
    """One dump. Iterate pfns() and read page(pfn)."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        need(len(self.bytes) > HEADER.size, "shorter than its header")
        (signature, self.version, *names, self.seconds, _, self.status, self.page_size, sub_blocks, bitmap_blocks,
         max_mapnr, _, _, _, _, self.cpus) = HEADER.unpack_from(self.bytes)
        need(signature == SIGNATURE, f"signature {signature!r}")
        need(self.version == 6, f"header version {self.version}")
        need(self.page_size == 4096 and sub_blocks >= 1, f"block size {self.page_size}, sub-header {sub_blocks}")
        fields = ("sysname", "nodename", "release", "version", "machine", "domainname")
        self.utsname = {key: value.split(b"\0")[0].decode(errors="replace") for key, value in zip(fields, names)}
        (self.phys_base, self.dump_level, self.split, _, _, *places, _, _, self.max_pfn) = SUB_HEADER.unpack_from(
            self.bytes, self.page_size)
        need(self.max_pfn & 0xffffffff == max_mapnr or max_mapnr == 0xffffffff, "the two max_mapnr differ")
        self.vmcoreinfo = self._slice(places[0], places[1], "VMCOREINFO").decode(errors="replace")
        self.notes = self._slice(places[2], places[3], "notes")
        self._read_bitmaps((1 + sub_blocks) * self.page_size, bitmap_blocks * self.page_size)

    def _slice(self, offset, size, what):
        need(offset + size <= len(self.bytes), f"{what} at {offset:#x}+{size:#x} is outside the file")
        return self.bytes[offset:offset + size]

    def _read_bitmaps(self, offset, size):
        need(size * 8 // 2 >= self.max_pfn, f"bitmaps of {size} bytes are too small for {self.max_pfn} pages")
        both = self._slice(offset, size, "bitmaps")
        self.memory = int.from_bytes(both[:size // 2], "little")
        self.kept_bits = both[size // 2:]
        self.kept = int.from_bytes(self.kept_bits, "little")
        need(self.kept & ~self.memory == 0, "a page is kept that is not memory")
        need(self.memory >> self.max_pfn == 0, "a page lies beyond max_mapnr")
        self.descriptors = offset + size
        # ranks[i]: how many pages are kept below pfn 64 * i
        self.ranks = [0]
        for (word,) in struct.iter_unpack("<Q", self.kept_bits):
            self.ranks.append(self.ranks[-1] + bin(word).count("1"))
        need(self.descriptors + self.ranks[-1] * DESCRIPTOR.size <= len(self.bytes), "descriptors are outside the file")

    def pfns(self):
        """The kept pfns, rising."""
        for index, byte in enumerate(self.kept_bits):
            for bit in range(8) if byte else ():
                if byte >> bit & 1:
                    yield index * 8 + bit

    def count(self):
        return self.ranks[-1]

    def has(self, pfn):
        return pfn < self.max_pfn and self.kept >> pfn & 1 == 1

    def descriptor(self, pfn):
        word = int.from_bytes(self.kept_bits[pfn // 64 * 8:pfn // 64 * 8 + 8], "little")
        need(word >> pfn % 64 & 1, f"page {pfn:#x} is not kept")
        rank = self.ranks[pfn // 64] + bin(word & ((1 << pfn % 64) - 1)).count("1")
        return DESCRIPTOR.unpack_from(self.bytes, self.descriptors + rank * DESCRIPTOR.size)

    def page(self, pfn):
        offset, size, flags, _ = self.descriptor(pfn)
        need(flags in NAMES, f"page {pfn:#x} has flags {flags:#x}")
        need(0 < size <= self.page_size, f"page {pfn:#x} is {size} bytes long")
        need(offset >= self.descriptors + self.count() * DESCRIPTOR.size, f"page {pfn:#x} lies at {offset:#x}")
        data = self._slice(offset, size, f"page {pfn:#x}")
        if flags:
            data = DECOMPRESS[flags](data, self.page_size)
        need(len(data) == self.page_size, f"page {pfn:#x} unpacks to {len(data)} bytes")
        return data

    def readable(self):
        """How many of the kept pages can be read."""
        good = 0
        for pfn in self.pfns():
            try:
                self.page(pfn)
                good += 1
            except FormatError:
                pass
        return good

    def whole(self):
        """It is a dump of a machine, and every page can be read."""
        return 1000 < self.count() == self.readable()


class ElfCore:
    """The physical memory of a raw ELF vmcore, the kernel text alias left out where the direct map has it too."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        need(self.bytes[:5] == b"\x7fELF\x02", "not an ELF64 file")
        (table,) = struct.unpack_from("<Q", self.bytes, 32)
        entry_size, count = struct.unpack_from("<HH", self.bytes, 54)
        self.loads = []
        for index in range(count):
            kind, _, offset, virtual, physical, size, _, _ = struct.unpack_from("<IIQQQQQQ", self.bytes,
                                                                                table + index * entry_size)
            if kind == 1:
                need(offset + size <= len(self.bytes), f"PT_LOAD {index} is outside the file")
                self.loads.append((physical, size, offset, virtual))
        need(self.loads, "no PT_LOAD")

    def page(self, pfn):
        """The page's bytes; None where no single segment holds all of it."""
        address = pfn * 4096
        for physical, size, offset, _ in self.loads:
            if physical <= address and address + 4096 <= physical + size:
                at = offset + address - physical
                return self.bytes[at:at + 4096]
        return None

    def find(self, needle):
        """The pfns of the pages that begin with `needle`."""
        found = set()
        for physical, size, offset, _ in self.loads:
            for at in range(offset + (-physical) % 4096, offset + size - 4095, 4096):
                if self.bytes[at:at + len(needle)] == needle:
                    found.add((physical + at - offset) // 4096)
        return found
