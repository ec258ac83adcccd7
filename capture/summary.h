// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "capture/collector.h"
#include "capture/crash_notes.h"
#include "capture/crash_report.h"
#include "capture/memory_watch.h"
#include "capture/panic_line.h"
#include "config/target.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kdumpkit::capture {

// One try at the dump, for summary.json.
struct Attempt {
    Method method;
    Ending ending = Ending::failed;
    std::string outcome; // in words: "exit code 0", "killed by signal 9 (Killed)"
    double seconds = 0;
    std::uint64_t peak_rss_kib = 0; // 0: not known
};

struct SavedFile {
    std::string name;        // inside the dump's folder
    std::uint64_t bytes = 0; // apparent size
    std::uint64_t disk = 0;  // what it takes on the disk
};

// What is known of this capture so far.
struct Summary {
    bool finished = false;      // the life went on to its end; false while it is in progress
    bool complete = false;      // `vmcore` is whole
    std::string partial_reason; // why not, when finished and not complete
    std::string host;
    Target target;
    CrashFacts crash;
    std::string capture_kernel;
    std::optional<PanicLine> panic;
    CrashReport report;
    std::int64_t capture_start_utc = 0;                 // seconds since 1970, the start of the capture kernel
    std::vector<std::pair<std::string, double>> stages; // name, seconds it took, in order
    double dmesg_saved_at = 0;      // seconds since the capture kernel's start; 0: not yet
    double total_seconds = 0;       // the same clock
    std::uint64_t memory_bytes = 0; // crashed memory that /proc/vmcore holds; its size when it does not say
    std::uint64_t dump_bytes = 0;   // of vmcore or vmcore.incomplete
    std::vector<Attempt> attempts;
    std::string collector_json; // the collector's --summary object as it wrote it, or empty
    std::vector<SavedFile> files;
};

// The text of summary.json. A collector_json that is not a JSON object becomes null. Foreign bytes that are
// not UTF-8 become U+FFFD. Keys are documented in kdump-capture(8).
std::string to_json(const Summary& summary, const MemoryWatch& memory);

// True when the collector itself says that its dump is not whole ("complete": false).
bool says_incomplete(std::string_view collector_json);

} // namespace kdumpkit::capture
