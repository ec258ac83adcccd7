// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/option_values.h"

#include "base/bytes.h"
#include "base/range.h"
#include "makedumpfile-lite/filter.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

constexpr unsigned most_workers = 256;

Result<unsigned> number(std::string_view option, std::string_view value, unsigned highest,
                        unsigned lowest = 0) {
    const auto parsed = parse_number(value);
    if (!parsed || *parsed > highest || *parsed < lowest)
        return wrong_use(fmt::format("{} {}", option, value),
                         fmt::format("a number from {} to {} is needed", lowest, highest));
    return static_cast<unsigned>(*parsed);
}

Result<bool> on_or_off(const std::string& name, const std::string& value) {
    if (value != "on" && value != "off")
        return wrong_use(fmt::format("{} {}", name, value), "on or off is needed");
    return value == "on";
}

Result<std::string> file_name(const std::string& name, const std::string& value) {
    if (value.empty())
        return wrong_use(name, "it needs a file");
    return value;
}

// Bytes: a number, or one with K, M or G behind it.
Result<std::uint64_t> size(const std::string& name, const std::string& value) {
    constexpr std::string_view units = "KMG";
    std::string_view digits = value;
    std::uint64_t unit = 1;
    if (!digits.empty())
        if (const auto at = units.find(digits.back()); at != std::string_view::npos) {
            unit = std::uint64_t{1024} << (10 * at);
            digits.remove_suffix(1);
        }
    const auto parsed = parse_number(digits);
    if (!parsed || *parsed == 0 || *parsed > UINT64_MAX / unit)
        return wrong_use(fmt::format("{} {}", name, value),
                         "a size in bytes is needed, or one with K, M or G behind it");
    return *parsed * unit;
}

std::vector<std::string> words(std::string_view list) {
    std::vector<std::string> found;
    for (std::size_t begin = 0; begin <= list.size();) {
        const std::size_t end = std::min(list.find(',', begin), list.size());
        found.emplace_back(list.substr(begin, end - begin));
        begin = end + 1;
    }
    return found;
}

Result<> set_levels(Options& options, const std::string& name, const std::string& value) {
    std::vector<unsigned> levels;
    for (const std::string& word : words(value)) {
        const auto level = number(name, word, DumpLevel::highest);
        if (!level)
            return Failure(
                Error(level.error())
                    .then(
                        "add up: 1 zero pages, 2 cache without private data, 4 all cache, 8 user, 16 free"));
        levels.push_back(*level);
    }
    options.level = levels.front();
    options.next_levels.assign(levels.begin() + 1, levels.end());
    return {};
}

Result<> exclude(Options& options, const std::string& name, const std::string& value) {
    struct Excludable {
        std::string_view name;
        unsigned level;
    };
    constexpr Excludable known[] = {{"zero", DumpLevel::zero},
                                    {"cache", DumpLevel::cache},
                                    {"cache-private", DumpLevel::cache | DumpLevel::cache_private},
                                    {"user", DumpLevel::user},
                                    {"free", DumpLevel::free},
                                    {"all", DumpLevel::highest}};
    for (const std::string& word : words(value)) {
        const auto* found = std::find_if(std::begin(known), std::end(known),
                                         [&](const Excludable& one) { return one.name == word; });
        if (word == "unused-vmemmap")
            options.unused_vmemmap = true;
        else if (found != std::end(known))
            options.level |= found->level;
        else
            return wrong_use(fmt::format("{} {}", name, word), "there is no such class of pages",
                             "choose among zero, cache, cache-private, user, free, all and unused-vmemmap");
    }
    return {};
}

Result<> set_format(Options& options, const std::string& name, const std::string& value) {
    if (value == "kdump")
        options.format = Options::Format::kdump;
    else if (value == "elf")
        options.format = Options::Format::elf;
    else if (value == "stream")
        options.format = Options::Format::stream;
    else
        return wrong_use(fmt::format("{} {}", name, value), "kdump, elf or stream is needed");
    return {};
}

Result<> set_job(Options& options, Options::Job job, const std::string& name) {
    if (options.job != Options::Job::dump && options.job != job)
        return wrong_use(name, "two jobs at once");
    options.job = job;
    return {};
}

Result<> apply_value(Options& options, const Option& option, const std::string& name,
                     const std::string& value) {
    switch (option.id) {
    case OptionId::level:
        return set_levels(options, name, value);
    case OptionId::exclude:
        return exclude(options, name, value);
    case OptionId::per_cpu_free: {
        KDK_ASSIGN(options.per_cpu_free, on_or_off(name, value));
        return {};
    }
    case OptionId::share_duplicates: {
        KDK_ASSIGN(options.share_duplicates, on_or_off(name, value));
        return {};
    }
    case OptionId::compress: {
        KDK_ASSIGN(options.compression, parse_compression(value));
        return {};
    }
    case OptionId::format:
        return set_format(options, name, value);
    case OptionId::split_block: {
        KDK_ASSIGN(options.split_block, size(name, value + "K"));
        return {};
    }
    case OptionId::size_limit: {
        KDK_ASSIGN(options.size_limit, size(name, value));
        return {};
    }
    case OptionId::memory_limit: {
        KDK_ASSIGN(options.memory_limit, size(name, value));
        return {};
    }
    case OptionId::workers:
    case OptionId::threads: {
        KDK_ASSIGN(options.workers,
                   number(name, value, most_workers, option.id == OptionId::workers ? 1 : 0));
        options.workers = std::max(options.workers, 1U); // --num-threads 0 is makedumpfile's serial way
        return {};
    }
    case OptionId::messages: {
        KDK_ASSIGN(options.messages, number(name, value, Messages::highest));
        return {};
    }
    case OptionId::erase: {
        KDK_ASSIGN(options.erase, file_name(name, value));
        return {};
    }
    case OptionId::layout: {
        KDK_ASSIGN(options.layout, file_name(name, value));
        return {};
    }
    case OptionId::vmlinux: {
        KDK_ASSIGN(options.vmlinux, file_name(name, value));
        return {};
    }
    case OptionId::vmcoreinfo: {
        KDK_ASSIGN(options.vmcoreinfo, file_name(name, value));
        return {};
    }
    case OptionId::summary: {
        KDK_ASSIGN(options.summary, file_name(name, value));
        return {};
    }
    case OptionId::manifest: {
        KDK_ASSIGN(options.manifest, file_name(name, value));
        return {};
    }
    case OptionId::write_layout: {
        KDK_ASSIGN(options.output, file_name(name, value));
        return set_job(options, Options::Job::write_layout, name);
    }
    case OptionId::write_vmcoreinfo: {
        KDK_ASSIGN(options.output, file_name(name, value));
        return set_job(options, Options::Job::write_vmcoreinfo, name);
    }
    default:
        return {};
    }
}

Result<> apply_switch(Options& options, const Option& option, const std::string& name) {
    switch (option.id) {
    case OptionId::unused_vmemmap:
        options.unused_vmemmap = true;
        return {};
    case OptionId::zlib:
        options.compression = default_compression(Algorithm::zlib);
        return {};
    case OptionId::lzo:
        options.compression = default_compression(Algorithm::lzo);
        return {};
    case OptionId::snappy:
        options.compression = default_compression(Algorithm::snappy);
        return {};
    case OptionId::zstd:
        options.compression = default_compression(Algorithm::zstd);
        return {};
    case OptionId::elf:
        options.format = Options::Format::elf;
        return {};
    case OptionId::flattened:
        options.flattened = true;
        return {};
    case OptionId::split:
        options.split = true;
        return {};
    case OptionId::overwrite:
        options.overwrite = true;
        return {};
    case OptionId::dry_run:
        options.dry_run = true;
        return {};
    case OptionId::non_mmap:
        options.use_mmap = false;
        return {};
    case OptionId::json:
        options.json = true;
        return {};
    case OptionId::debug:
        options.messages |= Messages::debug;
        return {};
    case OptionId::report:
        options.messages |= Messages::report;
        return {};
    case OptionId::partial_dmesg:
        options.partial_dmesg = true;
        return {};
    case OptionId::rearrange:
        return set_job(options, Options::Job::rearrange, name);
    case OptionId::reassemble:
        return set_job(options, Options::Job::reassemble, name);
    case OptionId::dmesg:
        return set_job(options, Options::Job::dmesg, name);
    case OptionId::memory_usage:
        return set_job(options, Options::Job::memory_usage, name);
    case OptionId::check:
        options.check_only = true;
        return {};
    case OptionId::help:
        options.job = Options::Job::help;
        return {};
    case OptionId::version:
        options.job = Options::Job::version;
        return {};
    default:
        return {};
    }
}

} // namespace

Failure wrong_use(std::string object, std::string reason, std::string next) {
    return Failure(
        make_error(ErrorKind::invalid, "use", std::move(object), std::move(reason)).then(std::move(next)));
}

Result<> apply_option(Options& options, const Option& option, const std::string& name,
                      const std::string& value) {
    if (option.id == OptionId::no_effect_number && !parse_number(value))
        return wrong_use(fmt::format("{} {}", name, value), "a number is needed");
    if (option.id == OptionId::no_effect || option.id == OptionId::no_effect_number) {
        options.without_effect.push_back(fmt::format("{} changes nothing here: {}", name, option.note));
        return {};
    }
    if (option.id == OptionId::refused)
        return Failure(
            make_error(ErrorKind::unsupported, "use", name, "makedumpfile-lite leaves this to others")
                .then(std::string(option.note)));
    return option.has_value ? apply_value(options, option, name, value) : apply_switch(options, option, name);
}

} // namespace kdumpkit::dump
