// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/isolation.h"

#include "base/bytes.h"
#include "capture/crash_guard.h"
#include "capture/program.h"

#include <cerrno>

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kdumpkit::capture {
namespace {

// A thread that another left in the middle of malloc is no danger: glibc makes its locks new after fork(2).
[[noreturn]] void be_isolated(const std::function<std::string()>& work,
                              const std::function<void(Fd words)>& settle_in, Fd words, const Fd& answer) {
    ::setpgid(0, 0); // what it starts dies with it
    forget_own_crash();
    settle_in(std::move(words));
    const std::string text = work();
    ::_exit(write_all(answer.get(), as_bytes(text), "the answer") ? exit_codes::success : exit_codes::system);
}

} // namespace

Result<IsolatedEnd> run_isolated(const std::function<std::string()>& work,
                                 const std::function<void(Fd words)>& settle_in, const ProgramWatch& watch) {
    const std::string name = "the work on a target";
    KDK_ASSIGN(Pipe words, make_pipe(name));
    // Memory, not a pipe: it may be longer than a pipe holds, and is read only at the end.
    const Fd answer(::memfd_create("answer", MFD_CLOEXEC));
    if (!answer.valid())
        return fail(system_error("make room for the answer of", name, errno));
    const pid_t pid = ::fork();
    if (pid < 0)
        return fail(system_error("start", name, errno));
    if (pid == 0) {
        words.reading = Fd();
        be_isolated(work, settle_in, std::move(words.writing), answer);
    }
    ::setpgid(pid, pid); // whoever comes first; before anything could be killed
    std::vector<Child> children;
    children.emplace_back(pid);
    words.writing = Fd();
    KDK_ASSIGN(Companions process,
               Companions::watch_over(std::move(children), name, std::move(words.reading)));
    process.kill_groups();
    KDK_ASSIGN(const std::vector<ExitStatus> ends, process.run(watch));
    IsolatedEnd end{ends.front(), {}};
    struct stat status {};
    if (end.status.success() && ::fstat(answer.get(), &status) == 0) {
        end.answer.resize(static_cast<std::size_t>(status.st_size));
        KDK_TRY(pread_exact(answer.get(), 0,
                            std::as_writable_bytes(std::span(end.answer.data(), end.answer.size())), name));
    }
    return end;
}

} // namespace kdumpkit::capture
