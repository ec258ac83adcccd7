// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "makedumpfile-lite/codec.h"

#include <cstdint>
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
    enum class Job { dump, dmesg, check_parameters, help, version };

    Job job = Job::dump;
    std::string source;
    std::string output;       // "-" is standard output (only for dmesg)
    unsigned level = 0;       // dump level, 0 to 31
    Compression compression;  // none unless asked for, as makedumpfile
    bool per_cpu_free = true; // with level bit 16: pages on per-CPU free lists are free too
    bool overwrite = false;
    bool dry_run = false;
    unsigned workers = 0; // 0: one for each CPU that this process may use
    std::string summary;  // a file for the JSON summary, "-" for standard output, empty for none
    unsigned messages = Messages::standard;
    std::vector<std::string> without_effect; // options that were accepted but change nothing here, for people
};

// `arguments` without the program's name. A wrong command line is `invalid`; an option of makedumpfile that
// is not built here is `unsupported`. Both carry the next step. Pure.
Result<Options> parse_options(const std::vector<std::string>& arguments);

std::string_view help_text();

} // namespace kdumpkit::dump
