# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest with every kind of page that panics, and what it leaves behind: the raw memory, and what its kernel said of
each page an instant before. Kept in the build folder until the kernel, the workload or these scripts change."""
import hashlib
import pathlib
import shutil
import subprocess

import cycle
from disk import Disk

HERE = pathlib.Path(__file__).resolve().parent
SOURCES = ("workload.c", "snapshot.c", "page_guest.py", "guest.py", "cycle.py", "disk.py", "newc.py")
COPY = '[dump]\nmethod = "copy"\n'
# What is in the folder afterwards.
FILES = ("vmcore", "dmesg.txt", "summary.json", "kpageflags", "kpagecount", "zoneinfo", "meminfo", "vmstat", "log",
         "btf", "symbols")
SYMBOLS = "__per_cpu_offset|__cpu_possible_mask|nr_cpu_ids|node_data|contig_page_data"
# Huge pages: four with all their struct pages, then (where the kernel can) eight whose struct pages it has given back.
# The last pages on per-CPU lists come from what both processors freed just before.
WORKLOAD = f"""
mount -t tmpfs none /tmp
mkdir /huge
mount -t tmpfs -o huge=always none /huge || mount -t tmpfs none /huge
mount -t ext4 /dev/nvme0n1 /mnt || poweroff -f
mkdir -p /mnt/snapshot
cat /sys/kernel/btf/vmlinux >/mnt/snapshot/btf
grep -E ' ({SYMBOLS})$' /proc/kallsyms >/mnt/snapshot/symbols
optimize=/proc/sys/vm/hugetlb_optimize_vmemmap
[ -e $optimize ] && echo 0 >$optimize
echo 4 >/proc/sys/vm/nr_hugepages
[ -e $optimize ] && echo 1 >$optimize
echo 12 >/proc/sys/vm/nr_hugepages
say "huge pages: $(cat /proc/sys/vm/nr_hugepages), optimised: $(cat $optimize)"
dd if=/dev/zero of=/mnt/swap bs=1M count=32
mkswap /mnt/swap
swapon /mnt/swap
[ -e /sys/kernel/mm/ksm/run ] && echo 1 >/sys/kernel/mm/ksm/run && echo 2000 >/sys/kernel/mm/ksm/pages_to_scan
started=0
start() {{
    (vm-workload "$@" >/dev/kmsg 2>&1 || say "workload: $* failed") &
    started=$((started + 1))
}}
ready() {{
    until [ "$(dmesg | grep -c 'workload: .* ready')" -ge $started ]; do
        dmesg | grep -q 'workload: .* failed' && poweroff -f
        usleep 100000
    done
}}
start paged 16
start anon 24
start thp 24
start locked 6
start merged 4
start hugetlb 14
start shared 12
start file 24 /mnt/pages
start map 8 /mnt/mapped
start cow 4 /mnt/private
start file 12 /tmp/pages
start file 20 /huge/pages
[ -e /sys/devices/system/memory/soft_offline_page ] && start poisoned 1
for i in 1 2 3; do sleep 1000 & done
dd if=/dev/nvme0n1 of=/dev/null bs=1M count=12
ready
sync
start dirty 8 /mnt/dirty
ready
say "ksm shares $(cat /sys/kernel/mm/ksm/pages_shared), swap cache $(grep SwapCached /proc/meminfo)"
say marker one two three
"""
# Freed: two processes, one for each processor, and a file.
SNAPSHOT = """
say about to panic
for i in 1 2; do taskset $i dd if=/dev/zero of=/tmp/freed$i bs=1M count=8 & done
wait $!
rm -f /tmp/freed1 /tmp/freed2
vm-snapshot /mnt/snapshot /proc/kpageflags /proc/kpagecount /proc/zoneinfo /proc/meminfo /proc/vmstat
say the snapshot failed
poweroff -f
"""


def key(place):
    """Changes with all that the guest's memory depends on."""
    digest = hashlib.sha256(place.kernel.release.encode())
    for name in SOURCES:
        digest.update((HERE / name).read_bytes())
    return digest.hexdigest()


def run(place):
    """The folder with FILES."""
    folder = place.work / "raw"
    done = folder / "done"
    if done.exists() and done.read_text() == key(place):
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    disk = Disk(place.work / "pages.img", 1500, bus="nvme")
    initrd = place.build(folder / "capture.img", disk.target(), COPY, modules="none")
    load = "run load kdumpkit load --kernel /kernel --initrd /initrd --syscall auto\nrun status kdumpkit status\n"
    guest = place.guest("guest", WORKLOAD + load + SNAPSHOT, initrd, disks=[disk], programs=["vm-snapshot"])
    guest.run(deadline=300)
    crash = disk.read_back()
    if crash is None:
        raise AssertionError(f"no dump on the disk; console: {guest.work}/console.txt")
    dump = cycle.only_dump(crash)
    for name in ("vmcore", "dmesg.txt", "summary.json"):
        (dump / name).rename(folder / name)
    for path in disk.read_back("/snapshot").iterdir():
        path.rename(folder / path.name)
    disk.path.unlink()
    shutil.rmtree(disk.path.with_suffix(".out"))
    # Zeros, most of the image, take no space here.
    subprocess.run(["fallocate", "--dig-holes", folder / "vmcore"], check=False)
    missing = [name for name in FILES if not (folder / name).exists()]
    if missing:
        raise AssertionError(f"the guest left no {missing}; console: {guest.work}/console.txt")
    done.write_text(key(place))
    return folder
