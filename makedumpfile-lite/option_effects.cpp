// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/option_effects.h"

#include "base/bytes.h"
#include "base/range.h"
#include "makedumpfile-lite/filter.h"
#include "makedumpfile-lite/option_values.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

constexpr unsigned most_workers = 256;

Result<> set_levels(Options& options, const std::string& name, const std::string& value) {
    std::vector<unsigned> levels;
    for (const std::string& word : words_of(value)) {
        const auto level = number_value(name, word, DumpLevel::highest);
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
    for (const std::string& word : words_of(value)) {
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
        KDK_ASSIGN(options.per_cpu_free, on_or_off_value(name, value));
        return {};
    }
    case OptionId::share_duplicates: {
        KDK_ASSIGN(options.share_duplicates, on_or_off_value(name, value));
        return {};
    }
    case OptionId::compress: {
        KDK_ASSIGN(options.compression, parse_compression(value));
        return {};
    }
    case OptionId::format:
        return set_format(options, name, value);
    case OptionId::split_block: {
        KDK_ASSIGN(options.split_block, size_value(name, value + "K"));
        return {};
    }
    case OptionId::size_limit: {
        KDK_ASSIGN(options.size_limit, size_value(name, value));
        return {};
    }
    case OptionId::memory_limit: {
        KDK_ASSIGN(options.memory_limit, size_value(name, value));
        return {};
    }
    case OptionId::workers:
    case OptionId::threads: {
        KDK_ASSIGN(options.workers,
                   number_value(name, value, most_workers, option.id == OptionId::workers ? 1 : 0));
        options.workers = std::max(options.workers, 1U); // --num-threads 0 is makedumpfile's serial way
        return {};
    }
    case OptionId::messages: {
        KDK_ASSIGN(options.messages, number_value(name, value, Messages::highest));
        return {};
    }
    case OptionId::erase: {
        KDK_ASSIGN(options.erase, file_value(name, value));
        return {};
    }
    case OptionId::layout: {
        KDK_ASSIGN(options.layout, file_value(name, value));
        return {};
    }
    case OptionId::vmlinux: {
        KDK_ASSIGN(options.vmlinux, file_value(name, value));
        return {};
    }
    case OptionId::vmcoreinfo: {
        KDK_ASSIGN(options.vmcoreinfo, file_value(name, value));
        return {};
    }
    case OptionId::summary: {
        KDK_ASSIGN(options.summary, file_value(name, value));
        return {};
    }
    case OptionId::manifest: {
        KDK_ASSIGN(options.manifest, file_value(name, value));
        return {};
    }
    case OptionId::write_layout: {
        KDK_ASSIGN(options.output, file_value(name, value));
        return set_job(options, Options::Job::write_layout, name);
    }
    case OptionId::write_vmcoreinfo: {
        KDK_ASSIGN(options.output, file_value(name, value));
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
