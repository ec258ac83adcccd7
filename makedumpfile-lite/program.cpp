// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/program.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/log.h"
#include "makedumpfile-lite/advice.h"
#include "makedumpfile-lite/dmesg.h"
#include "makedumpfile-lite/dump.h"
#include "makedumpfile-lite/info.h"
#include "makedumpfile-lite/interrupt.h"
#include "makedumpfile-lite/layout_writer.h"
#include "makedumpfile-lite/memory_usage.h"
#include "makedumpfile-lite/options.h"
#include "makedumpfile-lite/rearrange.h"
#include "makedumpfile-lite/reassemble.h"
#include "makedumpfile-lite/verify.h"

#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kdumpkit::dump {

namespace {

Log program_log(unsigned messages) {
    return Log(
        [messages](LogLevel level, std::string_view text) {
            const unsigned needed = level == LogLevel::error   ? Messages::error
                                    : level == LogLevel::debug ? Messages::debug
                                                               : Messages::common;
            if ((messages & needed) == 0)
                return;
            const char* tag = level == LogLevel::error     ? "error: "
                              : level == LogLevel::warning ? "warning: "
                                                           : "";
            // A message that nobody takes must not end the dump.
            const std::string line = fmt::format("makedumpfile-lite: {}{}\n", tag, text);
            (void)!::write(STDERR_FILENO, line.data(), line.size());
        },
        LogLevel::debug);
}

Result<> refuse_existing(const Options& options, const std::string& path) {
    struct stat output {};
    if (path == "-" || options.dry_run || ::stat(path.c_str(), &output) != 0)
        return {};
    if (S_ISDIR(output.st_mode))
        return fail(system_error("write", path, EISDIR).from(ErrorSide::destination));
    if (!options.overwrite)
        return fail(make_error(ErrorKind::invalid, "create", path, "it exists already")
                        .then("name another file, or give -f to replace this one"));
    return {};
}

// The file that `path` names, whether it exists or not: through links that lead nowhere yet, too.
std::filesystem::path target_of(std::filesystem::path path) {
    std::error_code error;
    constexpr int most_links = 16;
    for (int i = 0; i < most_links && std::filesystem::is_symlink(path, error); ++i)
        path = path.parent_path() / std::filesystem::read_symlink(path, error);
    return std::filesystem::weakly_canonical(path, error);
}

bool same_file(const std::string& a, const std::string& b) {
    std::error_code error;
    return !a.empty() && !b.empty() && a != "-" && b != "-" &&
           (std::filesystem::equivalent(a, b, error) || target_of(a) == target_of(b));
}

// Nothing that is read is written over, not even by -f, and nothing is written twice.
Result<> refuse_own_inputs(const Options& options) {
    std::vector<std::string> outputs = {options.output, options.summary};
    for (std::string& manifest : options.manifests())
        outputs.push_back(std::move(manifest));
    if (options.split)
        outputs.insert(outputs.end(), options.parts.begin() + 1, options.parts.end());
    if (options.dry_run)
        outputs = {options.summary};
    std::vector<std::string> inputs = {options.source, options.vmlinux, options.vmcoreinfo, options.layout,
                                       options.erase};
    if (options.job == Options::Job::reassemble)
        inputs.insert(inputs.end(), options.parts.begin(), options.parts.end());
    if (options.source == "-" && options.job == Options::Job::rearrange)
        inputs.emplace_back("/dev/stdin");
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        for (const std::string& input : inputs)
            if (same_file(outputs[i], input))
                return fail(make_error(ErrorKind::invalid, "write", outputs[i],
                                       input == options.source ? "it is the vmcore that is read"
                                                               : "it is what is read")
                                .then("name another file"));
        for (std::size_t j = 0; j < i; ++j)
            if (same_file(outputs[i], outputs[j]))
                return fail(make_error(ErrorKind::invalid, "write", outputs[i], "it is named twice")
                                .then("name another file"));
    }
    return {};
}

Result<> refuse_existing(const Options& options) {
    KDK_TRY(refuse_own_inputs(options));
    if (!options.split)
        return refuse_existing(options, options.output);
    for (const std::string& part : options.parts)
        KDK_TRY(refuse_existing(options, part));
    return {};
}

Result<> perform(const Options& options, const Log& log) {
    for (const std::string& note : options.without_effect)
        log.info("{}", note);
    switch (options.job) {
    case Options::Job::help:
        return write_all(STDOUT_FILENO, as_bytes(help_text()), "standard output");
    case Options::Job::version:
        return write_all(STDOUT_FILENO, as_bytes("makedumpfile-lite " KDUMPKIT_VERSION "\n"),
                         "standard output");
    case Options::Job::check_parameters:
        return {};
    case Options::Job::dmesg:
        KDK_TRY(refuse_existing(options));
        return extract_dmesg(options, log);
    case Options::Job::dump:
    case Options::Job::salvage:
        KDK_TRY(refuse_existing(options));
        return make_dump(options, log);
    case Options::Job::memory_usage:
        return print_memory_usage(options, log);
    case Options::Job::rearrange:
        KDK_TRY(refuse_existing(options));
        return rearrange(options, log);
    case Options::Job::reassemble:
        KDK_TRY(refuse_existing(options));
        return reassemble(options, log);
    case Options::Job::info:
        return print_info(options, log);
    case Options::Job::verify:
        return verify_dump(options, log);
    case Options::Job::write_layout:
        KDK_TRY(refuse_existing(options));
        return write_layout_file(options, log);
    case Options::Job::write_vmcoreinfo:
        KDK_TRY(refuse_existing(options));
        return write_vmcoreinfo_file(options, log);
    }
    return {};
}

bool writes_pages(Options::Job job) {
    return job == Options::Job::dump || job == Options::Job::salvage || job == Options::Job::rearrange ||
           job == Options::Job::reassemble;
}

} // namespace

int run_program(const std::vector<std::string>& arguments) {
    auto options = parse_options(arguments);
    const Log log = program_log(options ? options->messages : Messages::standard);
    const auto done = options ? perform(*options, log) : Result<>(Failure(options.error()));
    if (done)
        return exit_codes::success;
    Error error = done.error();
    // Whoever looks at several files wants to know whose log or memory map it was.
    if (options && error.side == ErrorSide::source && !options->source.empty() && options->source != "-" &&
        error.message().find(options->source) == std::string::npos)
        error.object += " in " + options->source;
    if (error.next_step.empty())
        error.next_step = next_step_for(error, options && writes_pages(options->job));
    log.error("{}", is_interruption(error) ? error.reason : error.message());
    return exit_code(error);
}

} // namespace kdumpkit::dump
