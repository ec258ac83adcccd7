# SPDX-License-Identifier: GPL-2.0-or-later
"""What drgn finds in a dump, as JSON: tasks with their stacks and memory, the log, slab caches, modules, mounts, free
memory. drgn_answers.py VMLINUX DUMP"""
import json
import sys

import drgn
from drgn.helpers.linux.fs import for_each_mount, mount_dst
from drgn.helpers.linux.list import list_for_each_entry
from drgn.helpers.linux.pid import for_each_task
from drgn.helpers.linux.printk import get_dmesg
from drgn.helpers.linux.slab import for_each_slab_cache


def text(value):
    return value.string_().decode(errors="replace")


def stack(program, task):
    try:
        return [f"{frame.name} {frame.pc:#x}" for frame in program.stack_trace(task)]
    except (ValueError, drgn.FaultError) as error:
        return [str(error)]


def free_pages(program):
    """Of each zone and order, by its counters and by walking the lists."""
    answers = []
    for zone in program["node_data"][0].node_zones:
        if zone.present_pages == 0:  # its lists were never made
            continue
        for order, area in enumerate(zone.free_area):
            walked = sum(1 for kind in area.free_list
                         for _ in list_for_each_entry("struct page", kind.address_of_(), "lru"))
            answers.append([order, int(area.nr_free), walked])
    return answers


def answers(vmlinux, dump):
    program = drgn.Program()
    program.set_core_dump(dump)
    program.load_debug_info([vmlinux])
    tasks = []
    for task in for_each_task(program):
        tasks.append([int(task.pid), text(task.comm), stack(program, task)])
    caches = [[text(cache.name), int(cache.object_size), int(cache.size)] for cache in for_each_slab_cache(program)]
    mounts = [text_of(mount_dst(mount)) for mount in for_each_mount(program["init_task"].nsproxy.mnt_ns)]
    counters = [int(counter.counter) for counter in program["vm_zone_stat"]]
    return {"release": text(program["init_uts_ns"].name.release), "crashed": int(program.crashed_thread().tid),
            "tasks": tasks, "caches": sorted(caches), "mounts": mounts, "counters": counters,
            "free": free_pages(program), "log": get_dmesg(program).decode(errors="replace")}


def text_of(value):
    return value.decode(errors="replace")


if __name__ == "__main__":
    json.dump(answers(*sys.argv[1:3]), sys.stdout)
