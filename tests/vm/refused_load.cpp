// SPDX-License-Identifier: GPL-2.0-or-later
//
// Makes the kernel itself refuse a load, in ways that kdumpkit load does not let happen, and prints what
// kdumpkit says of it. The first argument is what is wrong:
//   outside           a segment outside the crash reservation
//   shrunk            the reservation loses three quarters between the plan and the call
//   nokernel FILE     FILE is given to kexec_file_load as it is
//   held COMMAND...   runs COMMAND while another load is in the middle of the system call
#include "base/file.h"
#include "base/process.h"
#include "loader/choice.h"
#include "loader/load.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <thread>

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace kdumpkit;
using namespace kdumpkit::loader;

namespace {

struct Prepared {
    std::vector<std::byte> kernel, initrd; // `load` points into them
    PreparedLoad load;
};

Result<> prepare(Prepared& prepared) {
    KDK_ASSIGN(const Machine machine, gather_machine("/"));
    KDK_ASSIGN(prepared.kernel, read_file("/kernel"));
    KDK_ASSIGN(prepared.initrd, read_file("/initrd"));
    KDK_ASSIGN(prepared.load,
               prepare_kexec_load(machine, {prepared.kernel, "/kernel", prepared.initrd, "/initrd"}, {}));
    return {};
}

Result<> load_outside() {
    Prepared prepared;
    KDK_TRY(prepare(prepared));
    std::vector<LoadedSegment> segments = prepared.load.segments();
    LoadedSegment& last = *std::ranges::max_element(
        segments, {}, [](const LoadedSegment& segment) { return segment.memory.begin; });
    const std::uint64_t size = last.memory.size(), end = prepared.load.reservation.main.end;
    last.memory = {end, end + size};
    return kexec_load(KexecPurpose::capture, prepared.load.entry, segments);
}

Result<> load_shrunk() {
    Prepared prepared;
    KDK_TRY(prepare(prepared));
    KDK_ASSIGN(const Fd size, open_file("/sys/kernel/kexec_crash_size", O_WRONLY));
    KDK_TRY(write_all(size.get(), as_bytes(std::to_string(prepared.load.reservation.total() / 4)),
                      "the reservation's size"));
    return kexec_load(KexecPurpose::capture, prepared.load.entry, prepared.load.segments());
}

Result<> load_no_kernel(const std::string& path) {
    KDK_ASSIGN(const Fd file, open_file(path, O_RDONLY));
    KDK_ASSIGN(const Machine machine, gather_machine("/"));
    return kexec_file_load(KexecPurpose::capture, file.get(), -1, "").map_error([&](Error error) {
        return explain_refusal(std::move(error), machine, KexecPurpose::capture,
                               KexecSyscall::kexec_file_load);
    });
}

Result<int> run(const std::vector<std::string>& command) {
    KDK_ASSIGN(Child child, spawn({command}));
    KDK_ASSIGN(const ExitStatus status, child.wait());
    return status.code;
}

// The kernel copies a segment's content while it holds its lock: a page that nobody provides keeps it there
// (userfaultfd(2)).
Result<int> run_while_held(char** command) {
    Prepared prepared;
    KDK_TRY(prepare(prepared));
    const Fd faults(static_cast<int>(::syscall(SYS_userfaultfd, O_CLOEXEC)));
    uffdio_api api{UFFD_API, 0, 0};
    if (!faults.valid() || ::ioctl(faults.get(), UFFDIO_API, &api) != 0)
        return fail(system_error("use", "userfaultfd", errno));
    void* missing = ::mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uffdio_register where{{reinterpret_cast<std::uint64_t>(missing), page}, UFFDIO_REGISTER_MODE_MISSING, 0};
    if (missing == MAP_FAILED || ::ioctl(faults.get(), UFFDIO_REGISTER, &where) != 0)
        return fail(system_error("watch", "a page", errno));
    std::vector<LoadedSegment> segments = prepared.load.segments();
    segments.front().content = {static_cast<const std::byte*>(missing), page};
    std::thread other([&] { (void)kexec_load(KexecPurpose::capture, prepared.load.entry, segments); });
    pollfd ready{faults.get(), POLLIN, 0};
    ::poll(&ready, 1, -1);
    std::vector<std::string> words;
    for (; *command != nullptr; ++command)
        words.emplace_back(*command);
    const auto status = run(words);
    uffdio_zeropage zero{{reinterpret_cast<std::uint64_t>(missing), page}, 0, 0};
    ::ioctl(faults.get(), UFFDIO_ZEROPAGE, &zero);
    other.join();
    return status;
}

// The exit status.
Result<int> refused(int argc, char** argv) {
    const std::string what = argc > 1 ? argv[1] : "";
    if (what == "held" && argc > 2)
        return run_while_held(argv + 2);
    if (what == "outside") {
        KDK_TRY(load_outside());
    } else if (what == "shrunk") {
        KDK_TRY(load_shrunk());
    } else if (what == "nokernel" && argc > 2) {
        KDK_TRY(load_no_kernel(argv[2]));
    } else {
        return fail(ErrorKind::invalid, "refuse", what, "it is not a way");
    }
    std::puts("the kernel took it");
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    const auto done = refused(argc, argv);
    if (done)
        return *done;
    std::puts(done.error().message().c_str());
    return exit_code(done.error());
}
