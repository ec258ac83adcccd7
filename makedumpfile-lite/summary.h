// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/range.h"
#include "makedumpfile-lite/codec.h"
#include "makedumpfile-lite/filter.h"
#include "makedumpfile-lite/memory_budget.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace kdumpkit::dump {

// The crash image that was read.
struct SourceSummary {
    std::string format; // Image::format()
    bool flattened = false;
    bool truncated = false; // not all that it promises is there
    bool live = false;      // the running kernel's memory
    std::uint64_t unreadable_pages = 0;
};

// One file of a split dump.
struct DumpPartSummary {
    std::string name;
    Range pfns;
    std::uint64_t pages = 0;         // of the dump in this range
    std::uint64_t written_pages = 0; // of those, in the file: the filled-with-zero and shared ones, too
    std::uint64_t bytes = 0;
    bool complete = false;
};

// What became of one dump, for programs (JSON) and for people.
struct Summary {
    bool complete = false;
    std::string error; // why it is not complete
    SourceSummary source;
    std::string format = "kdump-compressed";
    unsigned level = 0;
    Compression compression;
    std::string kernel_release; // empty when unknown
    // How many facts about the kernel's types and symbols came from where.
    std::map<std::string, std::uint64_t> kernel_facts;
    std::uint64_t page_size = 0;
    PageCounts pages;
    std::uint64_t zero_pages = 0;        // of the kept ones: filled with zero and not stored (level bit 1)
    std::uint64_t shared_pages = 0;      // of the kept ones: equal to another page, and stored with it
    std::uint64_t written_pages = 0;     // stored
    std::uint64_t memory_bytes = 0;      // that the image holds
    std::uint64_t written_bytes = 0;     // the size of the dump
    std::uint64_t would_write_bytes = 0; // what it would be: a dry run writes nothing
    bool dry_run = false;
    unsigned workers = 0;
    MemoryBudget memory;
    std::uint64_t anonymous_bytes = 0; // held when the last page was written
    double open_seconds = 0, filter_seconds = 0, write_seconds = 0, total_seconds = 0;
    std::uint64_t peak_rss_kib = 0;
    std::vector<DumpPartSummary> parts; // of a split dump
    std::vector<Check> checks;          // of the filter's page classes against the kernel's counters
    std::vector<std::string> warnings;
};

// One JSON object with a final newline; docs/man/makedumpfile-lite.8 describes it.
std::string to_json(const Summary& summary);
// A table by class of page, several lines.
std::string report_text(const Summary& summary);

} // namespace kdumpkit::dump
