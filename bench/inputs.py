# SPDX-License-Identifier: GPL-2.0-or-later
"""The vmcores that bench/run reads, made once."""
import shutil
import subprocess


def sparse(programs, work, gib):
    """A machine of `gib` GiB that never was: see sparse_vmcore.cpp."""
    path = work / f"sparse-{gib}"
    if not path.exists():
        fresh = path.with_suffix(".new")
        subprocess.run([programs / "bench-sparse-vmcore", str(gib), fresh], check=True)
        fresh.rename(path)
    return path


WORKLOAD = """
mount -t tmpfs none /tmp
mount -t ext4 /dev/vda /mnt
vm-workload anon {anon} &
vm-workload file {cache} /mnt/pages &
vm-workload map {mapped} /mnt/mapped &
while [ "$(ps | grep -c '[v]m-workload ')" -lt 3 ] || ! [ -s /mnt/mapped ]; do usleep 100000; done
until [ "$(stat -c %s /mnt/pages)" -ge {cache_bytes} ]; do usleep 100000; done
sync
"""


def real(programs, work, memory):
    """The raw vmcore of a guest with `memory` MiB that panicked while a tenth of it was anonymous and a third cache."""
    import cycle
    from disk import Disk
    path = work / f"real-{memory}"
    if path.exists():
        return path
    place = cycle.Place(programs, work / f"panic-{memory}", "cloud-6.1")
    cache = memory // 3
    disk = Disk(place.work / "disk.img", memory + cache + memory // 4 + 512)
    workload = WORKLOAD.format(anon=memory // 10, cache=cache, mapped=memory // 20, cache_bytes=cache << 20)
    settings = '[dump]\nmethod = "copy"\n'
    guest = place.guest_that_panics("copy", disk, settings=settings, workload=workload, memory=memory)
    guest.run(deadline=1200)
    folder = disk.read_back()
    if folder is None:
        raise RuntimeError(f"the guest left no dump; console: {guest.work}/console.txt")
    shutil.move(str(cycle.only_dump(folder) / "vmcore"), path)
    shutil.rmtree(place.work)  # its disk is as large as the vmcore
    return path
