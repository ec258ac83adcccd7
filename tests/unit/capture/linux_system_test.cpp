// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/linux_system.h"
#include "fake_system.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <thread>

#include <catch2/catch.hpp>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

using namespace kdumpkit;
using namespace kdumpkit::capture;

namespace {

// Has the kernel answer finit_module(2) of this thread, and of what it starts, with `error` (0: done) without
// looking at it.
bool answer_module_loads(unsigned error) {
    std::array<sock_filter, 4> code = {{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_finit_module, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    }};
    const sock_fprog filter{code.size(), code.data()};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

} // namespace

TEST_CASE("a module's file, which takes memory, goes once the kernel has loaded it, and only then") {
    struct Row {
        unsigned error;
        bool good, stays;
    };
    for (const Row& row : {Row{0, true, false}, Row{EEXIST, true, true}, Row{ENOEXEC, false, true}}) {
        CAPTURE(row.error);
        const TemporaryFolder folder;
        const std::string path = folder / "x.ko";
        put_file(path, "what a module is made of");
        Result<ModuleOutcome> outcome;
        bool answered = false;
        std::thread thread([&] { // a filter cannot be taken off a thread again
            answered = answer_module_loads(row.error);
            if (answered)
                outcome = LinuxSystem([] {}).load_module(path, "");
        });
        thread.join();
        INFO("this kernel has to take a seccomp filter");
        REQUIRE(answered);
        CHECK(outcome.has_value() == row.good);
        CHECK(std::filesystem::exists(path) == row.stays);
    }
}
