// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "makedumpfile-lite/codec.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::dump {

// Bits of --message-level, as makedumpfile numbers them.
struct Messages {
    static constexpr unsigned progress = 1;
    static constexpr unsigned common = 2;
    static constexpr unsigned error = 4;
    static constexpr unsigned debug = 8;
    static constexpr unsigned report = 16;
    static constexpr unsigned standard = progress | common | error;
    static constexpr unsigned highest = 31;
};

// What the command line asks for.
struct Options {
    enum class Job {
        dump,
        dmesg,
        rearrange,  // -R: a flattened or stream dump on standard input becomes a file
        reassemble, // the parts of a split dump become one file
        info,
        verify,
        salvage,
        memory_usage,
        write_layout,     // the facts that the filter needs, from a healthy kernel or a vmlinux
        write_vmcoreinfo, // -g
        check_parameters,
        help,
        version
    };
    enum class Format { kdump, elf, stream };

    Job job = Job::dump;
    std::string source;                // "-" is standard input (only for rearrange)
    std::vector<std::string> parts;    // reassemble: what to read; split: what to write, at least two
    std::string output;                // "-" is standard output (dmesg, flattened, stream)
    unsigned level = 0;                // dump level, 0 to 31
    std::vector<unsigned> next_levels; // tried in turn when the dump does not fit
    Compression compression;           // none unless asked for, as makedumpfile
    Format format = Format::kdump;
    bool flattened = false; // records that a pipe can carry, around `format`
    bool split = false;
    std::optional<std::uint64_t> split_block;  // bytes: how much the parts of a split dump may differ
    std::optional<std::uint64_t> size_limit;   // bytes of the output
    std::optional<std::uint64_t> memory_limit; // bytes of this program, besides the mapped image
    bool per_cpu_free = true;                  // with level bit 16: pages on per-CPU free lists are free too
    bool unused_vmemmap = false;               // -e: drop the struct pages of dropped pages
    bool share_duplicates = true;
    bool use_mmap = true;
    std::string vmlinux;    // -x
    std::string vmcoreinfo; // -i
    std::string layout;     // --layout: what --write-layout wrote
    std::string erase;      // --config: what to erase
    bool overwrite = false;
    bool dry_run = false;
    bool check_only = false;    // --check-params: the job becomes check_parameters once the rest was checked
    bool partial_dmesg = false; // since the last `dmesg --clear`
    bool json = false;          // info, verify, memory_usage
    unsigned workers = 0;       // 0: one for each CPU that this process may use
    std::string summary;        // a file for the JSON summary, "-" for standard output, empty for none
    std::string manifest;       // a file for the manifest of the dump; verify: where it is
    // Those of the files that are written, in their order: of a split dump FILE.1, FILE.2 and so on.
    [[nodiscard]] std::vector<std::string> manifests() const;
    unsigned messages = Messages::standard;
    std::vector<std::string> without_effect; // options that were accepted but change nothing here, for people
};

// `arguments` without the program's name. A wrong command line is `invalid`; an option of makedumpfile that
// is left out on purpose is `unsupported`. Both carry the next step. Pure.
Result<Options> parse_options(const std::vector<std::string>& arguments);

// "kdump-compressed", "elf" or "stream", as summaries and manifests name it.
std::string to_text(Options::Format format);

// The text of --help: help.cpp.
std::string_view help_text();

} // namespace kdumpkit::dump
