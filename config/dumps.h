// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "config/target.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit {

// One dump's folder, as kdump-capture left it: "20261123T010203Z-HOST".
struct Dump {
    struct File {
        std::string name;
        std::uint64_t bytes = 0;
        std::uint64_t offset = 0; // on a raw partition
    };
    std::string folder;   // with its path
    std::string device;   // the raw partition that it is on; empty: it is a folder
    std::string name;     // without
    std::int64_t utc = 0; // of the panic, seconds since 1970; from the folder's name
    bool complete = false;
    bool taken = false;               // off the raw partition, by kdumpkit extract or forward
    std::vector<std::string> shipped; // places of the servers that have it as well
    std::string why_not;              // when it is not complete
    std::string host, kernel, panic_line, panic_cause; // empty: not known
    std::optional<std::uint64_t> memory_bytes;         // of the crashed machine
    std::vector<File> files;                           // by name
    std::uint64_t disk_bytes = 0;                      // what all of them take

    // Of the capture kernel, in KiB: its memory, and the least of it that was free; for kdumpkit estimate.
    std::optional<std::uint64_t> capture_total_kib, capture_lowest_kib;
};

// The time in a dump folder's name; nullopt for a name that kdump-capture does not give.
std::optional<std::int64_t> time_in_name(std::string_view name);

// Pure: what `summary` (the text of summary.json, possibly empty, cut short or somebody else's) and the files
// tell. A dump is complete when summary.json says so and the file vmcore, vmcore.flat or vmcore.stream is
// there.
Dump describe_dump(std::string folder, std::string_view summary, std::vector<Dump::File> files);

// What is left beside a dump by who brought it to a server, the capture kernel or `kdumpkit forward`: where
// it is besides, as Target::place() has it. On a raw partition it is one more file, and the dump is taken:
// the next may be put there.
inline constexpr const char* shipped_file = "shipped.json";
Result<> mark_shipped(const Dump& dump, const std::vector<std::string>& places);
bool is_shipped_to(const Dump& dump, const Target& target);

// A dump on a raw partition, as if its files were in a folder DEVICE/NAME; `absent` when there is none.
Result<Dump> find_raw_dump(const std::string& device);

// Newest first, and none twice: two targets may be one place.
void put_in_order(std::vector<Dump>& dumps);

// Every dump in these folders, in that order. Folders that are absent have none; links are not followed.
Result<std::vector<Dump>> find_dumps(const std::vector<std::string>& folders);

// Pure. In a folder that several machines share: takes out of `dumps` what names another machine than `hosts`
// as the one that crashed; how many of them are in folders. One that names none may be ours, and stays.
std::size_t leave_to_others(std::vector<Dump>& dumps, const std::set<std::string>& hosts);

// Pure: `dumps` (newest first, as find_dumps() has them) as they go by. Those from the future, named by a
// clock that was wrong, are the oldest: otherwise one of them would be the newest for years, and what comes
// meanwhile would go.
std::vector<const Dump*> newest_first(const std::vector<Dump>& dumps, std::int64_t now);

// The dump that is meant by `name`: a folder's name, its beginning if only one has it, its path, or "latest".
// `absent` or `invalid` otherwise. `now`: for newest_first().
Result<const Dump*> choose_dump(const std::vector<Dump>& dumps, std::string_view name, std::int64_t now);

} // namespace kdumpkit
