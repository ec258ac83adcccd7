#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine with Secure Boot on, whose firmware trusts the signer of Debian's kernels: the kernel locks itself down and
demands a signature. `auto` loads the signed kernel by kexec_file_load, its panic is captured, and what is not signed,
changed after it was signed, or signed by somebody else is refused, each in its own words."""
import subprocess
import unittest

import cycle
import secure_boot
from disk import Disk

import kdump_reader

place = None
LOAD = "kdumpkit load --kernel {} --initrd /initrd"
SCRIPT = f"""
mount -t tmpfs none /tmp
run blind {LOAD.format("/unsigned")}
mount -t securityfs none /sys/kernel/security
run state cat /sys/kernel/security/lockdown
run refused {LOAD.format("/kernel")} --syscall kexec_load
run unsigned {LOAD.format("/unsigned")}
run changed {LOAD.format("/changed")}
run foreign {LOAD.format("/foreign")}
run reboot kdumpkit load --reboot --kernel /foreign --initrd /initrd
run nothing cat /sys/kernel/kexec_crash_loaded
run first {LOAD.format("/kernel")} --syscall kexec_file_load
run unload kdumpkit unload
run load {LOAD.format("/kernel")}
run status kdumpkit status
""" + cycle.PANIC


def variants(folder, image):
    """The kernel without its signature, with a byte changed, and signed by a key that nobody trusts."""
    bare = secure_boot.without_signature(image)
    changed = bytearray(image)
    changed[len(image) // 2] ^= 1
    paths = {name: folder / name for name in ("unsigned", "changed", "foreign")}
    paths["unsigned"].write_bytes(bare)
    paths["changed"].write_bytes(changed)
    paths["foreign"].unlink(missing_ok=True)
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
                    "-days", "3650", "-subj", "/CN=a stranger"], check=True, capture_output=True)
    subprocess.run(["osslsigncode", "sign", "-certs", certificate, "-key", key, "-in", paths["unsigned"],
                    "-out", paths["foreign"]], check=True, capture_output=True)
    return paths


class SecureBoot(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.disk = Disk(place.work / "disk.img", 256, bus="nvme")
        initrd = place.build(place.work / "capture.img", cls.disk.target(), modules="none")
        image = place.kernel.image.read_bytes()
        variables = secure_boot.trusting(secure_boot.signer(image), place.work / "variables.fd")
        cls.guest = place.guest("secure-boot", SCRIPT, initrd, disks=[cls.disk], files=variants(place.work, image),
                                qemu=secure_boot.qemu(variables)).run()

    def refused(self, name, code, *words):
        status, output = self.guest.result(name)
        self.assertEqual(status, code, f"{name}: {output}")
        for word in (*words, "next: "):
            self.assertIn(word, output, name)

    def test_the_kernel_is_locked_down(self):
        self.assertIn("Secure boot enabled", self.guest.text())
        self.assertIn("[integrity]", self.guest.result("state")[1])

    def test_each_refusal_has_its_words(self):
        self.refused("refused", 1, "integrity policy (IMA)", "use --syscall kexec_file_load")
        self.refused("unsigned", 5, "the kernel file is not signed")
        self.refused("changed", 5, "the signature of the kernel file is wrong")
        self.refused("foreign", 5, "signed by a key that the running kernel does not know", "mokutil --import")
        self.refused("reboot", 5, "signed by a key that the running kernel does not know")
        self.assertIn("trying kexec_file_load", self.guest.result("blind")[1])
        self.assertEqual(self.guest.result("nothing"), (0, "0"))

    def test_the_signed_kernel_is_loaded_and_captures(self):
        self.assertEqual(self.guest.result("first")[0], 0)
        self.assertEqual(self.guest.result("unload")[0], 0, self.guest.result("unload")[1])
        status, output = self.guest.result("load")
        self.assertEqual(status, 0, output)
        self.assertIn("loaded by kexec_file_load (the kernel is locked down)", output)
        folder = cycle.only_dump(self.disk.read_back())
        self.assertIs(cycle.read_json(folder / "summary.json")["complete"], True)
        self.assertEqual(kdump_reader.KdumpFile(folder / "vmcore").utsname["release"], place.kernel.release)


if __name__ == "__main__":
    cycle.main()
