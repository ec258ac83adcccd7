// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/send/options.h"

#include "base/bytes.h"
#include "base/spelling.h"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

namespace kdumpkit::send {
namespace {

Failure wrong(std::string object, std::string reason, std::string next_step = "see kdump-send --help") {
    return fail(make_error(ErrorKind::invalid, "use", std::move(object), std::move(reason))
                    .then(std::move(next_step)));
}

Result<std::uint64_t> number(const std::string& option, const std::string& value, std::uint64_t lowest,
                             std::uint64_t highest) {
    const auto parsed = parse_number(value, 10);
    if (!parsed || *parsed < lowest || *parsed > highest)
        return wrong(option,
                     fmt::format("\"{}\" is not a whole number from {} to {}", value, lowest, highest));
    return *parsed;
}

Result<> set_seconds(std::chrono::seconds& out, const std::string& option, const std::string& value) {
    KDK_ASSIGN(const std::uint64_t seconds, number(option, value, 1, 86400));
    out = std::chrono::seconds(seconds);
    return {};
}

// One option. Those without `value` are switches.
struct Row {
    std::string_view name, value, help;
    Result<> (*set)(Options& options, const std::string& value);
};

constexpr std::array rows{
    Row{"--name", "PATH", "what it is called there, relative to the URL's path (default: the name of --file)",
        [](Options& options, const std::string& value) -> Result<> {
            options.name = value;
            return {};
        }},
    Row{"--file", "FILE", "send this file instead of standard input, and go on with what is there of it",
        [](Options& options, const std::string& value) -> Result<> {
            options.file = value;
            return {};
        }},
    Row{"--part", "OFFSET:BYTES", "only this part of --file, which may then be a block device",
        [](Options& options, const std::string& value) -> Result<> {
            const std::size_t colon = std::min(value.find(':'), value.size());
            const auto offset = parse_number(value.substr(0, colon), 10);
            const auto bytes = parse_number(value.substr(std::min(colon + 1, value.size())), 10);
            if (!offset || !bytes || *bytes > std::numeric_limits<std::int64_t>::max() - *offset)
                return wrong("--part", fmt::format("\"{}\" is not OFFSET:BYTES", value));
            options.part = Part{*offset, *bytes};
            return {};
        }},
    Row{"--probe", "", "only try whether the target is reachable, lets us in and takes a small file",
        [](Options& options, const std::string&) -> Result<> {
            options.action = Options::Action::probe;
            return {};
        }},
    Row{"--left-over", "", "only say how many bytes of --name the server has of an upload that broke off",
        [](Options& options, const std::string&) -> Result<> {
            options.action = Options::Action::left_over;
            return {};
        }},
    Row{"--timeout", "SECONDS", "how long connecting and logging in may take (default: 30)",
        [](Options& options, const std::string& value) {
            return set_seconds(options.limits.connect, "--timeout", value);
        }},
    Row{"--stall", "SECONDS",
        "how long the server may take nothing (default: 60); its answer at the end: 600 or --give-up",
        [](Options& options, const std::string& value) {
            return set_seconds(options.limits.stall, "--stall", value);
        }},
    Row{"--give-up", "SECONDS",
        "how long in all, over attempts, nothing may get there (default: as the retries say)",
        [](Options& options, const std::string& value) {
            return set_seconds(options.limits.give_up, "--give-up", value);
        }},
    Row{"--retries", "N", "further attempts in a row that come no further (default: 6)",
        [](Options& options, const std::string& value) -> Result<> {
            KDK_ASSIGN(const std::uint64_t count, number("--retries", value, 0, 1'000'000));
            options.retries = static_cast<unsigned>(count);
            return {};
        }},
    Row{"--buffer", "MIB", "how much of standard input is kept, to send it again (default: 16)",
        [](Options& options, const std::string& value) -> Result<> {
            KDK_ASSIGN(const std::uint64_t mib, number("--buffer", value, 1, 4096));
            options.buffer = static_cast<std::size_t>(mib) << 20;
            return {};
        }},
    Row{"--json", "", "say at the end on standard output, as JSON, what became of it",
        [](Options& options, const std::string&) -> Result<> {
            options.json = true;
            return {};
        }},
    Row{"--help", "", "this text",
        [](Options& options, const std::string&) -> Result<> {
            options.action = Options::Action::help;
            return {};
        }},
    Row{"--version", "", "the version",
        [](Options& options, const std::string&) -> Result<> {
            options.action = Options::Action::version;
            return {};
        }},
};

Failure unknown(const std::string& option) {
    std::vector<std::string> names;
    for (const Row& row : rows)
        names.emplace_back(row.name);
    const std::string meant = nearest(option, names);
    return wrong(option, "there is no such option",
                 meant.empty() ? "see kdump-send --help" : fmt::format("did you mean {}?", meant));
}

// What stands below the target's path and nowhere else.
bool is_relative_path(std::string_view name) {
    if (name.empty() || name.size() > 1024 ||
        std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
        return false;
    while (true) {
        const std::size_t slash = name.find('/');
        const std::string_view part = name.substr(0, slash);
        if (part.empty() || part == "." || part == "..")
            return false;
        if (slash == std::string_view::npos)
            return true;
        name.remove_prefix(slash + 1);
    }
}

Result<Options> checked(Options options) {
    if (options.action == Options::Action::help || options.action == Options::Action::version)
        return options;
    if (options.url.empty())
        return wrong("kdump-send", "the URL is missing");
    if (options.action == Options::Action::probe) {
        if (!options.file.empty() || !options.name.empty())
            return wrong("--probe", "it sends a file of its own", "leave --file and --name out");
        return options;
    }
    if (options.part && options.file.empty())
        return wrong("--part", "it is a part of a --file", "name one, or leave --part out");
    if (options.name.empty())
        options.name = options.file.substr(options.file.rfind('/') + 1);
    if (options.name.empty())
        return wrong("kdump-send", "what is to be stored has no name", "give one with --name");
    if (!is_relative_path(options.name))
        return wrong("--name", fmt::format("\"{}\" is not a relative path without . and ..", options.name));
    return options;
}

} // namespace

Result<Options> parse_options(const std::vector<std::string>& arguments) {
    Options options;
    bool only_names = false;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& word = arguments[i];
        if (only_names || !word.starts_with('-')) {
            if (!options.url.empty())
                return wrong(word, "there is a URL already");
            options.url = word;
            continue;
        }
        only_names = word == "--";
        if (only_names)
            continue;
        const std::size_t equals = word.find('=');
        const std::string name = word == "-h" ? "--help" : word.substr(0, equals);
        const auto row =
            std::find_if(rows.begin(), rows.end(), [&](const Row& one) { return one.name == name; });
        if (row == rows.end())
            return unknown(name);
        std::string value = equals == std::string::npos ? std::string() : word.substr(equals + 1);
        if (row->value.empty() && equals != std::string::npos)
            return wrong(name, "it takes no value");
        if (!row->value.empty() && equals == std::string::npos) {
            if (i + 1 == arguments.size())
                return wrong(name, fmt::format("its {} is missing", row->value));
            value = arguments[++i];
        }
        KDK_TRY(row->set(options, value));
    }
    return checked(std::move(options));
}

std::string help_text() {
    std::string text = "kdump-send: store standard input, or a file, at a URL\n\n"
                       "Usage: kdump-send [OPTIONS] --name PATH URL < DATA\n"
                       "       kdump-send [OPTIONS] --file FILE URL\n"
                       "       kdump-send --probe [OPTIONS] URL\n"
                       "\n"
                       "URL begins with sftp://, scp://, https://, s3://, ftp:// or ftps://.\n\n";
    for (const Row& row : rows)
        text += fmt::format("  {:<22} {}\n", fmt::format("{} {}", row.name, row.value), row.help);
    return text +
           "\nExit codes: 0 all of it is stored, 1 the input failed, 2 wrong use, 3 a file is absent, 6 the "
           "target is\n"
           "out of reach or broke off, 7 the target refuses us. See kdump-send(8).\n";
}

} // namespace kdumpkit::send
