// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/crash_report.h"
#include "capture/panic_line.h"

#include <catch2/catch.hpp>

using namespace kdumpkit::capture;
using Lines = std::vector<std::string>;

namespace {

CrashReport read(std::string_view log) {
    const auto panic = find_panic_line(log);
    return read_crash_report(log, panic ? panic->cause : std::string());
}

} // namespace

TEST_CASE("sysrq on 6.1") {
    const auto report =
        read("[    3.874211] sysrq: Trigger a crash\n"
             "[    3.874399] Kernel panic - not syncing: sysrq triggered crash\n"
             "[    3.874711] CPU: 1 PID: 1 Comm: init Not tainted 6.1.0-56-cloud-amd64 #1  Debian 6.1.192-2\n"
             "[    3.875060] Hardware name: QEMU Standard PC (i440FX + PIIX, 1996), BIOS 1.16.2\n"
             "[    3.875402] Call Trace:\n"
             "[    3.875911]  <TASK>\n"
             "[    3.876090]  dump_stack_lvl+0x44/0x5c\n"
             "[    3.876408]  panic+0x118/0x2ed\n"
             "[    3.876595]  ? _printk+0x58/0x6f\n"
             "[    3.876774]  sysrq_handle_crash+0x16/0x20\n"
             "[    3.876977]  __handle_sysrq.cold+0x46/0xef\n"
             "[    3.877393]  </TASK>\n"
             "[    3.877599] Kernel Offset: 0x1200000 from 0xffffffff81000000\n");
    REQUIRE(report.task);
    CHECK(*report.task == CrashTask{1, 1, "init"});
    CHECK(report.taint == "");
    CHECK(report.stack == Lines{"dump_stack_lvl+0x44/0x5c", "panic+0x118/0x2ed",
                                "sysrq_handle_crash+0x16/0x20", "__handle_sysrq.cold+0x46/0xef"});
    CHECK(report.instruction.empty());
    CHECK(report.hardware_errors.empty());
}

TEST_CASE("a NULL dereference in a module, with an earlier warning that is not it") {
    const auto report = read(
        "[   50.000000] ------------[ cut here ]------------\n"
        "[   50.000001] WARNING: CPU: 0 PID: 9 Comm: kworker/0:1 at net/core/dev.c:10 x+0x1/0x2\n"
        "[   50.000002] CPU: 0 PID: 9 Comm: kworker/0:1 Not tainted 6.12.107 #1\n"
        "[   50.000003] Call Trace:\n[   50.000004]  warned+0x1/0x2\n[   50.000005]  a+0x1/0x2\n"
        "[   50.000006] ---[ end trace ]---\n[   51.0] one\n[   52.0] two\n[   53.0] three\n[   54.0] four\n"
        "[  100.000001] BUG: kernel NULL pointer dereference, address: 0000000000000010\n"
        "[  100.000002] #PF: supervisor read access in kernel mode\n"
        "[  100.000005] Oops: Oops: 0000 [#1] PREEMPT SMP NOPTI\n"
        "[  100.000006] CPU: 3 UID: 0 PID: 717 Comm: my thread Tainted: G        W  OE      6.12.107 #1\n"
        "[  100.000007] Tainted: [W]=WARN, [O]=OOT_MODULE, [E]=UNSIGNED_MODULE\n"
        "[  100.000008] RIP: 0010:bad_init+0x5/0x1000 [bad]\n"
        "[  100.000009] RSP: 0018:ffffb0b300a57c60 EFLAGS: 00010246\n"
        "[  100.000010] Call Trace:\n[  100.000011]  <TASK>\n[  100.000012]  ? __die_body.cold+0x19/0x27\n"
        "[  100.000013]  do_one_initcall+0x58/0x300\n[  100.000014]  bad_outer+0x1/0x9 [bad]\n"
        "[  100.000015]  </TASK>\n"
        "[  100.000016] Modules linked in: bad(OE+) virtio_net net_failover [last unloaded: gone(OE)]\n"
        "[  100.000017] CR2: 0000000000000010\n[  100.000018] ---[ end trace 0000000000000000 ]---\n"
        "[  100.000019] RIP: 0010:other+0x5/0x1000\n"
        "[  100.000020] Kernel panic - not syncing: Fatal exception\n");
    REQUIRE(report.task);
    CHECK(*report.task == CrashTask{3, 717, "my thread"});
    CHECK(report.taint == "GWOE");
    CHECK(report.instruction == "bad_init+0x5/0x1000");
    CHECK(report.stack == Lines{"do_one_initcall+0x58/0x300", "bad_outer+0x1/0x9 [bad]"});
    CHECK(report.modules == Lines{"bad", "virtio_net", "net_failover"});
}

TEST_CASE("BUG on arm64") {
    const auto report =
        read("[    9.1] kernel BUG at mm/slub.c:305!\n"
             "[    9.2] Internal error: Oops - BUG: 00000000f2000800 [#1] SMP\n"
             "[    9.3] CPU: 0 PID: 44 Comm: cat Not tainted 6.1.0-56-arm64 #1\n"
             "[    9.4] pc : __slab_free+0x1c0/0x330\n[    9.5] lr : kfree+0x8c/0xa0\n"
             "[    9.6] Call trace:\n[    9.7]  __slab_free+0x1c0/0x330\n[    9.8]  kfree+0x8c/0xa0\n"
             "[    9.9] Code: 17ffffe0 d4210000\n"
             "[    9.95] Kernel panic - not syncing: Oops - BUG: Fatal exception\n");
    CHECK(report.instruction == "__slab_free+0x1c0/0x330");
    CHECK(report.stack.size() == 2);
    CHECK(report.task->comm == "cat");
}

TEST_CASE("hung tasks: their own stack, not that of the watcher") {
    const auto report =
        read("[  242.1] INFO: task cp:1180 blocked for more than 120 seconds.\n"
             "[  242.2]       Tainted: P           O       6.1.0-56 #1\n"
             "[  242.3] \"echo 0 > /proc/sys/kernel/hung_task_timeout_secs\" disables this message.\n"
             "[  242.4] task:cp              state:D stack:0     pid:1180  ppid:1      flags:0x00004006\n"
             "[  242.5] Call Trace:\n[  242.6]  <TASK>\n[  242.7]  __schedule+0x34d/0x9e0\n"
             "[  242.8]  schedule+0x5a/0xd0\n[  242.9]  </TASK>\n"
             "[  243.0] Kernel panic - not syncing: hung_task: blocked tasks\n"
             "[  243.1] CPU: 0 PID: 28 Comm: khungtaskd Tainted: P           O       6.1.0-56 #1\n"
             "[  243.2] Call Trace:\n[  243.3]  panic+0x118/0x2ed\n");
    CHECK(report.hung_tasks == Lines{"INFO: task cp:1180 blocked for more than 120 seconds."});
    CHECK(report.stack == Lines{"__schedule+0x34d/0x9e0", "schedule+0x5a/0xd0"});
    CHECK(report.task->comm == "khungtaskd");
    CHECK(report.taint == "PO");
}

TEST_CASE("lockups of each kind") {
    const auto report =
        read("[  300.5] watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [spin:412]\n"
             "[  300.55] Modules linked in: virtio_blk\n"
             "[  300.6] CPU: 0 PID: 412 Comm: spin Not tainted 6.12.107 #1\n"
             "[  301.0] NMI watchdog: Watchdog detected hard LOCKUP on cpu 1\n"
             "[  302.0] rcu: INFO: rcu_preempt self-detected stall on CPU\n"
             "[  303.0] BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 31s!\n"
             "[  304.0] Kernel panic - not syncing: softlockup: hung tasks\n");
    CHECK(report.lockups.size() == 4);
    CHECK(report.modules == Lines{"virtio_blk"});
    CHECK(report.task->comm == "spin");
}

TEST_CASE("hardware errors, and a flood of them") {
    std::string log =
        "[    8.0] mce: [Hardware Error]: CPU 0: Machine Check Exception: 5 Bank 4: be00000000800400\n"
        "[    8.1] mce: [Hardware Error]: TSC 4a1b1a2c ADDR 3fff81234 MISC 12\n"
        "[    8.2] EDAC MC0: 1 UE memory read error on CPU_SrcID#0_Ha#0_Chan#1 (channel:1 slot:0)\n"
        "[    8.3] {1}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 0\n"
        "[    8.4] Memory failure: 0x3fff8: recovery action for dirty LRU page: Recovered\n"
        "[    8.5] pcieport 0000:00:1c.0: PCIe Bus Error: severity=Uncorrected (Fatal), type=Transaction "
        "Layer\n"
        "[    8.6] EDAC MC: Ver: 3.0.0\n";
    const std::string end = "[    9.0] Kernel panic - not syncing: Fatal machine check\n";
    CHECK(read(log + end).hardware_errors.size() == 6);
    for (int i = 0; i < 1000; ++i)
        log += "[    8.7] {2}[Hardware Error]: event severity: fatal\n";
    CHECK(read(log + end).hardware_errors.size() == report_lines_limit);
}

TEST_CASE("a list of modules that goes on in another record") {
    std::string first = "[    1.0] Modules linked in:";
    for (int i = 0; i < 100; ++i)
        first += " module_" + std::to_string(i);
    const auto report =
        read(first + "\n[    1.0]  tail_a tail_b(E)\n[    1.1] CPU: 0 PID: 1 Comm: a Not tainted 6\n");
    CHECK(report.modules.size() == 102);
    CHECK(report.modules.back() == "tail_b");
}

TEST_CASE("nothing is made of nonsense") {
    for (const char* log :
         {"", "\n\n", "CPU: x PID: y Comm: z\n", "CPU: 1 PID: 2\n", "Call Trace:\nhello\n",
          "CPU: 99999999999 PID: 1 Comm: a\n", "RIP: 0010:\n", "Modules linked in: a:b\n"}) {
        INFO(log);
        CHECK(read(log) == CrashReport{});
    }
}
