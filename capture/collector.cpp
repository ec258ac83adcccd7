// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/collector.h"

#include <fmt/format.h>

namespace kdumpkit::capture {

std::string Method::text() const {
    if (kind == DumpMethod::copy)
        return "plain copy";
    return fmt::format("filter at level {} with {}", level, compression.text());
}

std::string_view to_text(Ending ending) {
    switch (ending) {
    case Ending::success:
        return "success";
    case Ending::destination_failed:
        return "destination failed";
    case Ending::wrong_use:
        return "wrong use";
    case Ending::not_started:
        return "not started";
    case Ending::failed:
        return "failed";
    case Ending::killed:
        return "killed";
    }
    return "failed";
}

Ending ending_of(const Result<ExitStatus>& status) {
    if (!status) // one that could not even be killed sits in the kernel, on the target's disk
        return status.error().side == ErrorSide::destination ? Ending::destination_failed
                                                             : Ending::not_started;
    if (status->success())
        return Ending::success;
    if (status->signal != 0 || status->timed_out)
        return Ending::killed;
    switch (status->code) {
    case exit_codes::destination:
        return Ending::destination_failed;
    case exit_codes::invalid:
        return Ending::wrong_use;
    case 127: // posix_spawn of some C libraries tells exec's failure this way
        return Ending::not_started;
    default:
        return Ending::failed;
    }
}

std::optional<Method> next_method(const Method& tried, Ending ending) {
    constexpr unsigned low_level = 1; // zero pages: no struct page has to be understood
    if (ending == Ending::success || ending == Ending::destination_failed || tried.kind == DumpMethod::copy)
        return std::nullopt;
    Method next = tried;
    if (tried.level > low_level && (ending == Ending::failed || ending == Ending::killed))
        next.level = low_level;
    else
        next.kind = DumpMethod::copy;
    return next;
}

Method first_method(const Settings& settings) {
    return {settings.method, settings.level, settings.compression};
}

std::string manifest_of(const std::string& dump) {
    return dump + ".manifest";
}

namespace {

// The lowest levels need no knowledge of the kernel, and are what is tried when something is wrong with it.
void add_layout(std::vector<std::string>& argv, const Method& method, const std::string& layout) {
    if (!layout.empty() && method.level > 1)
        argv.insert(argv.end(), {"--layout", layout});
}

} // namespace

std::vector<std::string> dump_argv(const std::string& collector, const Method& method,
                                   const std::string& vmcore, const std::string& output,
                                   const std::string& summary, const std::string& layout) {
    std::vector<std::string> argv = {collector,
                                     "-d",
                                     std::to_string(method.level),
                                     "--compress",
                                     method.compression.text(),
                                     "--summary",
                                     summary,
                                     "--manifest",
                                     manifest_of(output)};
    add_layout(argv, method, layout);
    argv.insert(argv.end(), {vmcore, output});
    return argv;
}

std::vector<std::string> stream_argv(const std::string& collector, const Method& method, StreamFormat format,
                                     const std::string& vmcore, const std::string& summary,
                                     const std::string& layout) {
    std::vector<std::string> argv = {collector, "-d", std::to_string(method.level), "--summary", summary};
    if (format == StreamFormat::stream)
        argv.insert(argv.end(), {"--format", "stream"}); // it has a compression of its own
    else
        argv.insert(argv.end(), {"-F", "--compress", method.compression.text()});
    add_layout(argv, method, layout);
    argv.push_back(vmcore);
    if (format == StreamFormat::stream)
        argv.emplace_back("-");
    return argv;
}

std::vector<std::string> dmesg_argv(const std::string& collector, const std::string& vmcore,
                                    const std::string& output) {
    return {collector, "--dump-dmesg", vmcore, output};
}

} // namespace kdumpkit::capture
