// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/panic_line.h"

#include <catch2/catch.hpp>

using namespace kdumpkit::capture;

namespace {

struct Case {
    const char* name;
    const char* dmesg;
    const char* line;
    const char* cause;
    std::optional<double> uptime;
};

// Texts as kernels print them, shortened in the middle of call traces.
const Case cases[] = {
    {"sysrq on 6.1",
     "[    4.321000] EXT4-fs (vda): mounted filesystem with ordered data mode. Quota mode: none.\n"
     "[   12.345678] sysrq: Trigger a crash\n"
     "[   12.345999] Kernel panic - not syncing: sysrq triggered crash\n"
     "[   12.346000] CPU: 0 PID: 1 Comm: sh Not tainted 6.1.0-56-cloud-amd64 #1  Debian 6.1.192-2\n"
     "[   12.346100] Call Trace:\n"
     "[   12.346200]  <TASK>\n"
     "[   12.346300]  dump_stack_lvl+0x44/0x5c\n",
     "Kernel panic - not syncing: sysrq triggered crash", "sysrq: Trigger a crash", 12.345999},
    {"an oops that goes straight to kexec (panic_on_oops)",
     "[  100.000001] BUG: kernel NULL pointer dereference, address: 0000000000000010\n"
     "[  100.000002] #PF: supervisor read access in kernel mode\n"
     "[  100.000003] #PF: error_code(0x0000) - not-present page\n"
     "[  100.000004] PGD 0 P4D 0 \n"
     "[  100.000005] Oops: 0000 [#1] PREEMPT SMP NOPTI\n"
     "[  100.000006] CPU: 1 PID: 717 Comm: insmod Tainted: G           OE      6.1.0 #1\n"
     "[  100.000007] RIP: 0010:bad_init+0x5/0x1000 [bad]\n",
     "BUG: kernel NULL pointer dereference, address: 0000000000000010",
     "BUG: kernel NULL pointer dereference, address: 0000000000000010", 100.000001},
    {"an oops in an interrupt",
     "[   50.1] BUG: unable to handle page fault for address: ffffc90000abc000\n"
     "[   50.2] #PF: supervisor write access in kernel mode\n"
     "[   50.3] Oops: 0002 [#1] SMP PTI\n"
     "[   50.4] CPU: 0 PID: 0 Comm: swapper/0 Not tainted 5.10.0-32-cloud-amd64 #1\n"
     "[   50.5] Call Trace:\n[   50.6]  <IRQ>\n[   50.7]  handle_irq+0x1/0x2\n[   50.71]  a\n[   50.72]  b\n"
     "[   50.73]  c\n[   50.74]  d\n"
     "[   50.8] Kernel panic - not syncing: Fatal exception in interrupt\n"
     "[   50.9] Kernel Offset: 0x1000000 from 0xffffffff81000000\n",
     "Kernel panic - not syncing: Fatal exception in interrupt",
     "BUG: unable to handle page fault for address: ffffc90000abc000", 50.8},
    {"BUG() with a cut line",
     "[    9.0] ------------[ cut here ]------------\n"
     "[    9.1] kernel BUG at mm/slub.c:305!\n"
     "[    9.2] invalid opcode: 0000 [#1] PREEMPT SMP NOPTI\n"
     "[    9.3] Kernel panic - not syncing: Fatal exception\n"
     "[    9.4] ---[ end Kernel panic - not syncing: Fatal exception ]---\n",
     "Kernel panic - not syncing: Fatal exception", "kernel BUG at mm/slub.c:305!", 9.3},
    {"a soft lockup",
     "[  300.5] watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [spin:412]\n"
     "[  300.6] Modules linked in: virtio_blk\n"
     "[  300.7] CPU: 0 PID: 412 Comm: spin Not tainted 6.12.107 #1\n"
     "[  300.8] Kernel panic - not syncing: softlockup: hung tasks\n",
     "Kernel panic - not syncing: softlockup: hung tasks",
     "watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [spin:412]", 300.8},
    {"a hung task",
     "[  242.1] INFO: task jbd2/vda-8:214 blocked for more than 120 seconds.\n"
     "[  242.2]       Not tainted 6.1.0 #1\n"
     "[  242.3] Kernel panic - not syncing: hung_task: blocked tasks\n",
     "Kernel panic - not syncing: hung_task: blocked tasks",
     "INFO: task jbd2/vda-8:214 blocked for more than 120 seconds.", 242.3},
    {"a panic that says why itself does not borrow an old warning",
     "[    1.0] WARNING: CPU: 0 PID: 1 at kernel/foo.c:1 foo+0x1/0x2\n"
     "[    2.0] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\n"
     "[    2.1] BUG: this comes later and is an echo\n",
     "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)",
     "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)", 2.0},
    {"out of memory",
     "[   77.0] Out of memory and no killable processes...\n"
     "[   77.1] Kernel panic - not syncing: System is deadlocked on memory\n",
     "Kernel panic - not syncing: System is deadlocked on memory",
     "Kernel panic - not syncing: System is deadlocked on memory", 77.1},
    {"with the caller's id and a raw level",
     "<1>[   33.000001][  T512] sysrq: Trigger a crash\n"
     "<0>[   33.000002][  T512] Kernel panic - not syncing: sysrq triggered crash\n",
     "Kernel panic - not syncing: sysrq triggered crash", "sysrq: Trigger a crash", 33.000002},
    {"arm64",
     "[   20.0] Unable to handle kernel NULL pointer dereference at virtual address 0000000000000000\n"
     "[   20.1] Mem abort info:\n[   20.2]   ESR = 0x0000000096000044\n"
     "[   20.3] Internal error: Oops: 0000000096000044 [#1] PREEMPT SMP\n"
     "[   20.4] Kernel panic - not syncing: Oops: Fatal exception\n",
     "Kernel panic - not syncing: Oops: Fatal exception",
     "Unable to handle kernel NULL pointer dereference at virtual address 0000000000000000", 20.4},
    {"a warning with panic_on_warn",
     "[    5.0] ------------[ cut here ]------------\n"
     "[    5.1] WARNING: CPU: 1 PID: 99 at lib/test.c:7 test_init+0x5/0x10 [test]\n"
     "[    5.2] Kernel panic - not syncing: kernel: panic_on_warn set ...\n",
     "Kernel panic - not syncing: kernel: panic_on_warn set ...",
     "WARNING: CPU: 1 PID: 99 at lib/test.c:7 test_init+0x5/0x10 [test]", 5.2},
    {"a log without times", "sysrq: Trigger a crash\nKernel panic - not syncing: sysrq triggered crash",
     "Kernel panic - not syncing: sysrq triggered crash", "sysrq: Trigger a crash", std::nullopt},
};

} // namespace

TEST_CASE("the panic line and its cause are found in real logs") {
    for (const Case& c : cases) {
        INFO(c.name);
        const auto found = find_panic_line(c.dmesg);
        REQUIRE(found);
        CHECK(found->line == c.line);
        CHECK(found->cause == c.cause);
        REQUIRE(found->uptime.has_value() == c.uptime.has_value());
        if (c.uptime)
            CHECK(*found->uptime == Approx(*c.uptime));
    }
}

TEST_CASE("a log of a healthy machine has no panic line") {
    CHECK_FALSE(find_panic_line(""));
    CHECK_FALSE(find_panic_line("\n\n\n"));
    CHECK_FALSE(find_panic_line("[    0.000000] Linux version 6.1.0-56-cloud-amd64\n"
                                "[    0.1] Kernel command line: panic=-1 crashkernel=192M\n"
                                "[    1.0] systemd[1]: Debugging a BUG in user space\n"));
}

TEST_CASE("hostile logs are bounded and harmless") {
    CHECK_FALSE(find_panic_line(std::string(100'000, '[')));
    CHECK_FALSE(find_panic_line(std::string(100'000, '\n')));
    const auto cut = find_panic_line("[   1.0] Kernel panic - not syncing");
    REQUIRE(cut);
    CHECK(cut->line == "Kernel panic - not syncing");
    const auto bytes = find_panic_line(std::string("\xff\xfe\0[", 4) + "\nOops: 0000 [#1]\n");
    REQUIRE(bytes);
    CHECK(bytes->line == "Oops: 0000 [#1]");
}
