# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernels in other wrappings than a distribution's bzImage: unified images, zboot, compressed, a bare vmlinux."""
import pathlib
import struct
import subprocess

ALIGNMENT = 0x200


def unified(path, sections):
    """A PE program of these (name, content) sections at `path`, as ukify lays it out, without a stub to run."""
    header, optional = 0x80, 0xf0
    table = header + 24 + optional
    size = table + 40 * len(sections)
    start = -(-size // ALIGNMENT) * ALIGNMENT
    image = bytearray(start)
    image[:2] = b"MZ"
    struct.pack_into("<I", image, 0x3c, header)
    struct.pack_into("<4sHHIIIHH", image, header, b"PE\0\0", 0x8664, len(sections), 0, 0, 0, optional, 0x22e)
    struct.pack_into("<H", image, header + 24, 0x20b)
    body = bytearray()
    for index, (name, content) in enumerate(sections):
        raw = -(-len(content) // ALIGNMENT) * ALIGNMENT
        struct.pack_into("<8sIIIIIIHHI", image, table + 40 * index, name.encode(), len(content),
                         0x10000 + start + len(body), raw, start + len(body), 0, 0, 0, 0, 0x40000040)
        body += content.ljust(raw, b"\0")
    pathlib.Path(path).write_bytes(image + body)
    return path


def zboot(path, payload, compression):
    """What drivers/firmware/efi/libstub/zboot-header.S begins with, and the payload."""
    header = struct.pack("<2s2x4sII8x32sII", b"MZ", b"zimg", 64, len(payload), compression, 0, 0)
    pathlib.Path(path).write_bytes(header.ljust(64, b"\0") + payload)
    return path


def packed(path, content, *packer):
    """`content` through a program that packs standard input to standard output."""
    done = subprocess.run(packer, input=content, capture_output=True, check=True)
    pathlib.Path(path).write_bytes(done.stdout)
    return path


def vmlinux(path, bzimage):
    """The ELF kernel inside a bzImage: its payload, which the kernel's build packs by lz4 -l or zstd."""
    image = pathlib.Path(bzimage).read_bytes()
    setup = (image[0x1f1] + 1) * 512
    offset, length = struct.unpack_from("<II", image, 0x248)
    payload = image[setup + offset:setup + offset + length]
    if payload[:4] == b"\x28\xb5\x2f\xfd":
        unpacker = ["zstd", "-dc"]
    elif payload[:4] == b"\x02\x21\x4c\x18":
        unpacker = ["lz4", "-dc"]
    elif payload[:6] == b"\xfd7zXZ\0":
        unpacker = ["xz", "-dc"]
    else:
        raise RuntimeError(f"{bzimage}: an unknown payload {payload[:6].hex()}")
    # The unpackers stumble on the length that follows, after they have written everything.
    content = subprocess.run(unpacker, input=payload[:-4], capture_output=True, check=False).stdout
    if content[:4] != b"\x7fELF":
        raise RuntimeError(f"{bzimage}: its payload does not unpack to ELF")
    # Relocations follow the ELF file; loaders pass over them.
    pathlib.Path(path).write_bytes(content)
    return path
