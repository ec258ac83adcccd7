// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/option_check.h"

#include "makedumpfile-lite/option_values.h"

#include <utility>

namespace kdumpkit::dump {

Result<> check_options(const Options& options) {
    using Job = Options::Job;
    using Format = Options::Format;
    const bool dump = options.job == Job::dump;
    if (options.format == Format::elf && options.compression.algorithm != Algorithm::none)
        return wrong_use("-E", "an ELF core holds no compressed pages", "leave the compression or -E out");
    if (options.format == Format::stream && options.compression.algorithm != Algorithm::none &&
        options.compression.algorithm != Algorithm::zstd)
        return wrong_use("--format stream", "its frames are compressed by zstd",
                         "leave the compression out, or give --compress zstd:LEVEL");
    if (options.format == Format::stream && options.flattened)
        return wrong_use("-F", "a stream goes through a pipe as it is", "leave -F out");
    if (options.split && (options.format != Format::kdump || options.flattened))
        return wrong_use("--split", "only the kdump-compressed format can be split");
    if (options.partial_dmesg && options.job != Job::dmesg)
        return wrong_use("--partial-dmesg", "it goes with --dump-dmesg");
    if (options.dry_run && !dump)
        return wrong_use("--dry-run", "it goes with making a dump only");
    const bool makes_dump = dump || options.job == Job::salvage;
    const std::pair<bool, std::string_view> of_a_dump[] = {
        {!options.erase.empty(), "--config"},
        {!options.summary.empty(), "--summary"},
        {options.unused_vmemmap, "-e"},
        {options.split, "--split"},
        {options.flattened, "-F"},
        {options.format == Format::elf, "-E"},
        {!options.next_levels.empty(), "a list of levels"},
    };
    for (const auto& [given, name] : of_a_dump)
        if (given && !makes_dump)
            return wrong_use(std::string(name), "it goes with making a dump only");
    const bool copies_pages = options.job == Job::reassemble;
    if (!options.manifest.empty()) {
        if (!makes_dump && !copies_pages && options.job != Job::rearrange && options.job != Job::verify)
            return wrong_use("--manifest", "it goes with writing a dump, and with verify");
        if (options.manifest == "-")
            return wrong_use("--manifest -", "it needs a file");
    }
    if ((copies_pages || options.job == Job::rearrange) && options.level != 0)
        return wrong_use("-d", "these pages were chosen before", "leave -d out, and filter the result");
    if (copies_pages && options.compression.algorithm != Algorithm::none)
        return wrong_use("--reassemble", "it copies pages as they are compressed",
                         "leave the compression out, and compress the result");
    if (options.json && options.job != Job::info && options.job != Job::verify &&
        options.job != Job::memory_usage)
        return wrong_use("--json", "it goes with info, verify and --mem-usage");
    if (options.job == Job::write_vmcoreinfo && options.vmlinux.empty())
        return wrong_use("-g", "it needs -x VMLINUX to read from");
    return {};
}

} // namespace kdumpkit::dump
