# SPDX-License-Identifier: GPL-2.0-or-later
"""Secure Boot for a guest: OVMF whose list of trusted certificates (db) has the one that signed a kernel."""
import pathlib
import shutil
import struct
import subprocess
import uuid

CODE = "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd"
# Owned by a published test key, Secure Boot switched on.
VARIABLES = "/usr/share/OVMF/OVMF_VARS_4M.snakeoil.fd"
# The UEFI specification, 8.2 and 32.4.1; EDK2's MdeModulePkg/Include/Guid/VariableFormat.h.
STORE = uuid.UUID("aaf32c78-947b-439a-a180-2e144ec37792").bytes_le
X509_LIST = uuid.UUID("a5c059a1-94e4-4aa7-87b5-ab155c2bf072").bytes_le
RECORD = struct.Struct("<HBBIQ16sIII16s")
IN_USE, DELETED = 0x3F, 0x3C


def signature(image):
    """(offset, size) of the signatures appended to a PE file; size 0 without any."""
    at = struct.unpack_from("<I", image, 0x3C)[0] + 24
    plus = struct.unpack_from("<H", image, at)[0] == 0x20B
    return struct.unpack_from("<II", image, at + (112 if plus else 96) + 4 * 8)


def without_signature(image):
    at = struct.unpack_from("<I", image, 0x3C)[0] + 24
    plus = struct.unpack_from("<H", image, at)[0] == 0x20B
    offset, _ = signature(image)
    bare = bytearray(image[:offset])
    struct.pack_into("<II", bare, at + (112 if plus else 96) + 4 * 8, 0, 0)
    return bytes(bare)


def signer(image):
    """The certificate inside the signature, DER."""
    offset, size = signature(image)
    if size < 8:
        raise RuntimeError("the kernel is not signed")
    listed = subprocess.run(["openssl", "pkcs7", "-inform", "DER", "-print_certs"],
                            input=image[offset + 8:offset + size], capture_output=True, check=True).stdout
    return subprocess.run(["openssl", "x509", "-outform", "DER"], input=listed, capture_output=True, check=True).stdout


def records(store):
    """(offset, fields, name, data's offset) of each variable."""
    at = store.index(STORE) + 28
    while struct.unpack_from("<H", store, at)[0] == 0x55AA:
        fields = RECORD.unpack_from(store, at)
        name_at = at + RECORD.size
        data_at = name_at + fields[7]
        yield at, fields, bytes(store[name_at:data_at]).decode("utf-16-le").rstrip("\0"), data_at
        at = (data_at + fields[8] + 3) & ~3
    yield at, None, None, None


def trusting(certificate, path):
    """A store of variables at `path` in which db has `certificate` (DER), too."""
    shutil.copyfile(VARIABLES, path)
    store = bytearray(pathlib.Path(path).read_bytes())
    *known, (end, *_) = records(store)
    at, fields, _, data_at = next(one for one in known if one[2] == "db" and one[1][1] == IN_USE)
    size = 16 + len(certificate)
    data = (bytes(store[data_at:data_at + fields[8]]) + X509_LIST + struct.pack("<III", 28 + size, 0, size)
            + bytes(16) + certificate)
    record = RECORD.pack(*fields[:8], len(data), fields[9]) + "db\0".encode("utf-16-le") + data
    store[end:end + len(record)] = record
    store[at + 2] = DELETED
    pathlib.Path(path).write_bytes(store)
    return path


def qemu(variables):
    return ("-machine", "q35,smm=on", "-global", "driver=cfi.pflash01,property=secure,value=on",
            "-drive", f"if=pflash,format=raw,unit=0,file={CODE},readonly=on",
            "-drive", f"if=pflash,format=raw,unit=1,file={variables}")
