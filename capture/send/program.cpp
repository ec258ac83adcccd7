// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/send/program.h"

#include "base/log.h"
#include "base/output.h"
#include "base/progress.h"
#include "base/standard_streams.h"
#include "capture/send/options.h"
#include "capture/send/probe.h"
#include "capture/send/report.h"
#include "capture/send/store.h"

#include <cerrno>
#include <memory>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kdumpkit::send {
namespace {

using Clock = std::chrono::steady_clock;

Result<std::unique_ptr<Input>> open_input(const Options& options, Scheme scheme) {
    // A part of S3 is held until the server has it: nothing is read twice.
    const std::size_t window = scheme == Scheme::s3 ? std::size_t{1} << 20 : options.buffer;
    if (options.file.empty() && is_closed_stream(STDIN_FILENO))
        return fail(make_error(ErrorKind::system, "send", options.name, "standard input is closed")
                        .then("give the data on standard input, or a file with --file")
                        .from(ErrorSide::source));
    if (options.file.empty())
        return std::make_unique<PipeInput>(STDIN_FILENO, "standard input", window);
    KDK_ASSIGN(Fd fd, open_file(options.file, O_RDONLY));
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0)
        return fail(system_error("read", options.file, errno));
    if (!S_ISREG(status.st_mode) && !(S_ISBLK(status.st_mode) && options.part))
        return fail(make_error(ErrorKind::invalid, "send", options.file, "it is not a regular file")
                        .then("send it through standard input with --name, or of a block device a --part"));
    const off_t end = ::lseek(fd.get(), 0, SEEK_END); // of a device, too
    if (end < 0)
        return fail(system_error("ask for the size of", options.file, errno));
    const auto size = static_cast<std::uint64_t>(end);
    const Part part = options.part.value_or(Part{0, size});
    if (part.offset > size || part.bytes > size - part.offset)
        return fail(make_error(ErrorKind::invalid, "send", options.file,
                               fmt::format("it has {} bytes, --part ends behind them", size))
                        .then("name a part that is there"));
    return std::make_unique<FileInput>(std::move(fd), options.file, part.offset, part.bytes);
}

// What one run came to.
struct End {
    Stored stored;
    std::optional<Trouble> trouble;
    double seconds = 0;
};

int say(const Options& options, const End& end, const Log& log) {
    if (end.trouble)
        log.error("{}", end.trouble->error.message());
    else
        log.info("{}", stored_text(end.stored, end.seconds));
    const int code = end.trouble ? exit_code_of(*end.trouble) : exit_codes::success;
    if (options.json) {
        const auto said = print_result(report_json(options.url, end.stored, end.seconds, end.trouble),
                                       end.trouble ? std::string_view() : "it is stored");
        if (!said && !end.trouble) {
            log.error("{}", said.error().message());
            return exit_code(said.error());
        }
    }
    return code;
}

Result<int> say_left_over(const Login& login, const Options& options, const Log& log) {
    Session session(login, options.limits, [](std::uint64_t) {});
    const auto bytes = open_store({session, log, options.retries, false})->left_over(options.name);
    if (!bytes) {
        log.error("{}", bytes.error().error.message());
        return exit_code_of(bytes.error());
    }
    KDK_TRY(print_result(fmt::format("{}\n", *bytes)));
    return exit_codes::success;
}

Result<int> send(const Options& options, const Log& log) {
    KDK_ASSIGN(const Target target, parse_target(options.url));
    KDK_ASSIGN(const Login login, read_login(target));
    if (options.action == Options::Action::probe)
        return probe(login, options, log);
    if (options.action == Options::Action::left_over)
        return say_left_over(login, options, log);
    KDK_ASSIGN(const std::unique_ptr<Input> input, open_input(options, target.scheme));
    Progress progress(STDERR_FILENO, "kdump-send: " + options.name, input->size().value_or(0),
                      std::chrono::seconds(5));
    Session session(login, options.limits, [&](std::uint64_t position) { progress.update(position); });
    const Means means{session, log, options.retries, !options.file.empty()};
    End end;
    const auto start = Clock::now();
    auto outcome = open_store(means)->put(*input, options.name, end.stored);
    progress.finish();
    end.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (!outcome)
        end.trouble = std::move(outcome).error();
    return say(options, end, log);
}

} // namespace

int run_program(const std::vector<std::string>& arguments) {
    const Log log = stderr_log("kdump-send");
    const auto options = parse_options(arguments);
    Result<int> code = exit_codes::success;
    if (!options)
        code = fail(options.error());
    else if (options->action == Options::Action::help || options->action == Options::Action::version) {
        const bool help = options->action == Options::Action::help;
        if (auto said = print_result(help ? help_text() : "kdump-send " KDUMPKIT_VERSION "\n"); !said)
            code = fail(std::move(said).error());
    } else
        code = send(*options, log);
    if (code)
        return *code;
    log.error("{}", code.error().message());
    return exit_code(code.error());
}

} // namespace kdumpkit::send
