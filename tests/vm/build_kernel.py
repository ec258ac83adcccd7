# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes small kernels out of Debian's source package, for what none of Debian's kernels has built in:
CONFIG_KEXEC_JUMP, device trees, pstore's messages. No modules, no network, no PCI, no ACPI: some minutes each on two
cores."""
import os
import pathlib
import shutil
import subprocess
import tempfile

# Beside `make tinyconfig`: a shell, the serial console, what kdumpkit reads, several CPUs, and the jump, which needs
# the code of hibernation to put devices to sleep and wake them.
OPTIONS = """64BIT SMP MULTIUSER X86_MPPARSE HIGH_RES_TIMERS BINFMT_ELF BINFMT_SCRIPT BLK_DEV_INITRD RD_GZIP
PRINTK PRINTK_TIME KALLSYMS TTY SERIAL_8250 SERIAL_8250_CONSOLE PROC_FS PROC_KCORE PROC_SYSCTL SYSFS FIRMWARE_MEMMAP
DEVTMPFS SHMEM TMPFS FUTEX EPOLL POSIX_TIMERS FILE_LOCKING MEMFD_CREATE BUG RELOCATABLE KERNEL_GZIP BLOCK SWAP
HIBERNATION KEXEC KEXEC_JUMP OF""".split()
# What a kernel of kernels.txt has besides. The one for jumps stays without: with these, two of three returns ended in a
# reset, and why is not known.
FURTHER = {"pstore-6.12": """CRASH_DUMP PROC_VMCORE MAGIC_SYSRQ ADVISE_SYSCALLS MISC_FILESYSTEMS
PSTORE PSTORE_RAM PSTORE_PMSG""".split()}
OFF = ["KERNEL_XZ", "SPECULATION_MITIGATIONS", "CPU_MITIGATIONS"]


class BuildError(Exception):
    pass


def source_in(root):
    """The archive of an unpacked source package; None for other packages."""
    return next(pathlib.Path(root).glob("usr/src/linux-source-*.tar.xz"), None)


def run(*command, log, cwd):
    done = subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        raise BuildError(f"{' '.join(command)} failed; its words: {log.name}.\n"
                         "Next: packaging/install-packages build long, then run this again.")


def options_of(kernel):
    return OPTIONS + FURTHER.get(kernel, [])


def missing_from(config, kernel):
    lines = pathlib.Path(config).read_text(encoding="utf-8").splitlines()
    return [name for name in options_of(kernel) if f"CONFIG_{name}=y" not in lines]


def is_outdated(root, kernel):
    """Whether `root` has a kernel that was built here with fewer options than `kernel` wants now."""
    root = pathlib.Path(root)
    return (root / "package").read_text(encoding="utf-8").startswith("linux-source-") and \
        any(missing_from(config, kernel) for config in root.glob("boot/config-*"))


def configure(tree, kernel, log):
    run("make", "tinyconfig", log=log, cwd=tree)
    with open(tree / ".config", "a", encoding="utf-8") as config:
        config.writelines(f"CONFIG_{name}=y\n" for name in options_of(kernel))
        config.writelines(f"# CONFIG_{name} is not set\n" for name in OFF)
    run("make", "olddefconfig", log=log, cwd=tree)
    missing = missing_from(tree / ".config", kernel)
    if missing:
        raise BuildError(f"this kernel cannot have {', '.join(missing)}.\n"
                         "Next: mend its options in tests/vm/build_kernel.py.")


def build(root, kernel):
    """Puts boot/vmlinuz-RELEASE into `root`, and removes the source."""
    root = pathlib.Path(root)
    with tempfile.TemporaryDirectory(dir=root.parent) as folder, \
            open(root.with_name("build.log"), "w", encoding="utf-8") as log:
        run("tar", "-xJf", str(source_in(root)), "--strip-components=1", "--no-same-owner", log=log, cwd=folder)
        tree = pathlib.Path(folder)
        configure(tree, kernel, log)
        run("make", f"-j{os.cpu_count()}", "bzImage", log=log, cwd=tree)
        release = (tree / "include/config/kernel.release").read_text().strip()
        (root / "boot").mkdir(exist_ok=True)
        shutil.copy(tree / "arch/x86/boot/bzImage", root / "boot" / f"vmlinuz-{release}")
        shutil.copy(tree / ".config", root / "boot" / f"config-{release}")
    shutil.rmtree(root / "usr")
