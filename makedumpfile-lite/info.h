// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/log.h"
#include "makedumpfile-lite/filter.h"
#include "makedumpfile-lite/options.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kdumpkit::dump {

// What `info` tells of a crash image or a dump.
struct DumpInfo {
    std::string name, format; // Image::format()
    bool flattened = false, truncated = false, live = false;
    std::optional<Range> part; // one file of a split dump: its pfns
    int header_version = 0;    // of a dump; 0 for a vmcore
    std::optional<unsigned> level;
    std::string compression; // of a dump
    std::uint64_t file_bytes = 0;
    std::string release, machine, nodename;
    std::uint64_t crash_time = 0; // seconds since 1970, 0 when unknown
    std::uint64_t cpus = 0;       // that saved their registers
    std::uint64_t page_size = 0;
    std::uint64_t memory_pages = 0, present_pages = 0;
    std::uint64_t ranges = 0, lowest = 0, highest = 0;           // pieces of memory, and its bounds in bytes
    std::vector<std::pair<std::string, std::string>> vmcoreinfo; // the keys that matter, of those it has
    std::optional<PageCounts> classes;                           // when the kernel's memory map can be read
    std::string eraseinfo;
    std::vector<std::string> warnings;
    std::string picture;
};

// Pure. For people and for programs.
std::string info_text(const DumpInfo& info);
std::string info_json(const DumpInfo& info);

// Prints what Options::source is to standard output.
Result<> print_info(const Options& options, const Log& log);

} // namespace kdumpkit::dump
