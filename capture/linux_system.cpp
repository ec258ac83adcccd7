// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/linux_system.h"

#include "base/bytes.h"
#include "capture/block_probe.h"
#include "capture/isolation.h"
#include "capture/program.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <memory>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kdumpkit::capture {
namespace {

double seconds_of(clockid_t clock) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// Until whoever is at the console leaves it. Its own session, so that Ctrl-C works.
Result<> serve_shell(const std::function<void()>& alive) {
    const pid_t pid = ::fork();
    if (pid < 0)
        return fail(system_error("start", "a shell", errno));
    if (pid == 0) {
        ::setsid();
        const int console = ::open("/dev/console", O_RDWR);
        for (int fd = 0; fd < 3; ++fd)
            ::dup2(console, fd);
        ::ioctl(0, TIOCSCTTY, 1);
        const std::string path = Places{}.shell;
        ::execl(path.c_str(), "sh", static_cast<char*>(nullptr));
        ::_exit(127);
    }
    int status = 0;
    while (::waitpid(pid, &status, WNOHANG) == 0) {
        alive();
        ::sleep(1);
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        return fail(make_error(ErrorKind::absent, "start", "a shell", "it could not be executed"));
    return {};
}

} // namespace

Result<> LinuxSystem::mount(const MountRequest& request) {
    if (::mount(request.source.c_str(), request.folder.c_str(), request.type.c_str(), request.flags,
                request.options.empty() ? nullptr : request.options.c_str()) != 0)
        return fail(system_error(
            "mount", fmt::format("{} ({}) at {}", request.source, request.type, request.folder), errno));
    return {};
}

Result<> LinuxSystem::unmount(const std::string& folder) {
    Result<> written;
    if (const auto fd = open_file(folder, O_RDONLY | O_DIRECTORY); fd && ::syncfs(fd->get()) != 0)
        written = fail(system_error("write back", folder, errno).from(ErrorSide::destination));
    if (::umount2(folder.c_str(), 0) != 0) {
        const int first_errno = errno;
        // Something still holds it: at least leave a clean filesystem behind.
        (void)::mount(nullptr, folder.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr);
        if (::umount2(folder.c_str(), MNT_DETACH) != 0)
            return fail(system_error("unmount", folder, first_errno));
    }
    return written;
}

// A driver reads its disks' partition tables before it returns, and a disk may never answer.
Result<ModuleOutcome> LinuxSystem::load_module(const std::string& path, const std::string& parameters) {
    KDK_ASSIGN(const Fd fd, open_file(path, O_RDONLY));
    const auto answer = aside("load the module " + path, std::chrono::seconds(30), [&] {
        return ::syscall(SYS_finit_module, fd.get(), parameters.c_str(), 0) == 0 ? std::string("0")
                                                                                 : std::to_string(errno);
    });
    if (!answer)
        return fail(answer.error());
    const int error = static_cast<int>(parse_number(*answer, 10).value_or(EIO));
    if (error == 0) {
        ::unlink(path.c_str()); // the kernel has a copy of its own, and every file here is memory
        return ModuleOutcome::loaded;
    }
    if (error == EEXIST)
        return ModuleOutcome::already_there;
    return fail(system_error("load the module", path, error));
}

Result<std::string> LinuxSystem::aside(const std::string& what, std::chrono::seconds limit,
                                       const std::function<std::string()>& work) {
    const double begin = seconds_of(CLOCK_BOOTTIME);
    ProgramWatch watch;
    watch.kill_wait = std::chrono::milliseconds(500);
    watch.tick = [&](double) {
        alive_();
        const bool late = seconds_of(CLOCK_BOOTTIME) - begin > static_cast<double>(limit.count());
        return late ? TickAnswer::kill : TickAnswer::go_on;
    };
    const auto end = run_isolated(
        work, [](Fd) {}, watch);
    if (end && !end->status.timed_out)
        return end->answer;
    if (!end && end.error().side != ErrorSide::destination)
        return fail(end.error()); // it was not even started
    return fail(
        make_error(ErrorKind::system, what, "in time",
                   fmt::format("no answer for {} s, a disk may hang; it is left behind", limit.count())));
}

std::vector<Disk> LinuxSystem::disks() {
    return block_devices();
}

// One that hangs is asked once and not again by this process.
std::optional<Filesystem> LinuxSystem::probe(const std::string& disk) {
    if (hung_.contains(disk))
        return std::nullopt;
    const auto answer = aside("read", std::chrono::seconds(15), [&] { return filesystem_words(disk); });
    if (!answer)
        hung_.insert(disk);
    const auto blank = answer ? answer->find(' ') : std::string::npos;
    if (blank == std::string::npos)
        return std::nullopt;
    return Filesystem{answer->substr(0, blank), answer->substr(blank + 1)};
}

Result<std::string> LinuxSystem::signature(const std::string& device) {
    return signature_of(device);
}

Result<Space> LinuxSystem::space(const std::string& folder) {
    struct statvfs status {};
    if (::statvfs(folder.c_str(), &status) != 0)
        return fail(system_error("ask for the space of", folder, errno));
    return Space{std::uint64_t{status.f_blocks} * status.f_frsize,
                 std::uint64_t{status.f_bavail} * status.f_frsize, (status.f_flag & ST_RDONLY) != 0};
}

Result<std::vector<HostAddress>> LinuxSystem::resolve(const std::string& host) {
    return addresses_of(host).map_error([](Error error) {
        return error.next_step.empty()
                   ? std::move(error).then(
                         "Check the DNS servers, or write its address into network.hosts and "
                         "build the initramfs again.")
                   : error;
    });
}

Result<> LinuxSystem::write_at(int fd, std::uint64_t offset, std::span<const std::byte> bytes,
                               const std::string& name) {
    return pwrite_all(fd, offset, bytes, name);
}

Result<> LinuxSystem::sync(int fd, const std::string& name) {
    if (::fsync(fd) != 0)
        return fail(system_error("fsync", name, errno).from(ErrorSide::destination));
    return {};
}

Result<> LinuxSystem::rename(const std::string& from, const std::string& to) {
    if (::rename(from.c_str(), to.c_str()) != 0)
        return fail(system_error("rename into place", to, errno).from(ErrorSide::destination));
    return sync_folder(parent_folder(to));
}

Result<ExitStatus> LinuxSystem::run(const std::vector<std::string>& argv, const ProgramWatch& watch) {
    return run_program(argv, watch);
}

Result<PipeEnd> LinuxSystem::run_pipe(const std::vector<std::string>& from,
                                      const std::vector<std::string>& to, const ProgramWatch& watch) {
    return run_program_pipe(from, to, watch);
}

Result<IsolatedEnd> LinuxSystem::isolate(const std::function<std::string()>& work,
                                         const ProgramWatch& watch) {
    const auto settle_in = [this](Fd words) {
        console_ = std::move(words);
        // An empty line is a sign of life and nothing else. Time is asked for often: one a second will do.
        alive_ = [this, last = -1.0]() mutable {
            const double now = seconds_of(CLOCK_BOOTTIME);
            if (now - last < 1)
                return;
            last = now;
            (void)write_all(console_.get(), as_bytes("\n"), "the words");
        };
    };
    return run_isolated(work, settle_in, watch);
}

void LinuxSystem::keep_doing(std::chrono::seconds interval, std::function<void()> act) {
    tickers_.push_back(std::make_unique<Ticker>(interval, std::move(act)));
}

void LinuxSystem::console(std::string_view line) {
    if (!console_.valid()) {
        for (const char* path : {"/dev/console", "/dev/kmsg"}) {
            if (auto fd = open_file(path, O_WRONLY | O_NOCTTY)) {
                console_ = std::move(*fd);
                break;
            }
        }
    }
    // One write for one line: kmsg makes a record of each, and other writers do not get in between.
    const std::string text = fmt::format("{}\n", line);
    if (!console_.valid() || !write_all(console_.get(), as_bytes(text), "the console"))
        (void)write_all(STDERR_FILENO, as_bytes(text), "standard error");
}

Result<> LinuxSystem::act(FinalAction action) {
    // A serial line may still be sending what was said last; a stuck one must not hold us up.
    for (int i = 0; i < 100; ++i) {
        int unsent = 0;
        if (!console_.valid() || ::ioctl(console_.get(), TIOCOUTQ, &unsent) != 0 || unsent == 0)
            break;
        sleep(std::chrono::milliseconds(20));
    }
    if (action == FinalAction::shell)
        return serve_shell(alive_);
    // reboot(2) takes an int; RB_HALT_SYSTEM is larger than INT_MAX and meant bit by bit.
    const auto command = static_cast<int>(action == FinalAction::poweroff ? RB_POWER_OFF
                                          : action == FinalAction::halt   ? RB_HALT_SYSTEM
                                          : action == FinalAction::kexec  ? RB_KEXEC
                                                                          : RB_AUTOBOOT);
    if (::reboot(command) != 0)
        return fail(system_error(std::string(to_text(action)), "this machine", errno));
    return {};
}

double LinuxSystem::boot_seconds() {
    alive_();
    return seconds_of(CLOCK_BOOTTIME);
}

std::int64_t LinuxSystem::utc_seconds() {
    return static_cast<std::int64_t>(seconds_of(CLOCK_REALTIME));
}

void LinuxSystem::sleep(std::chrono::milliseconds duration) {
    timespec left{duration.count() / 1000, (duration.count() % 1000) * 1'000'000};
    while (::clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR) {
    }
}

} // namespace kdumpkit::capture
