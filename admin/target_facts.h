// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/dumps.h"
#include "config/settings.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::admin {

// A target as the running machine sees it.
struct TargetFacts {
    std::string url;
    Carrier carrier = Carrier::filesystem;
    std::string unseen;                      // why it cannot be looked at; empty: it can
    std::string mend;                        // of that; empty: it is to be attached or mounted
    std::string folder;                      // on the running machine; of raw the device
    std::optional<std::uint64_t> free_bytes; // for root
    std::string occupied_by;                 // raw: the dump on it that kdump-capture will not write over
    bool read_only = false;                  // its filesystem
    bool in_memory = false;                  // a tmpfs: nothing on it outlives the kernel
    bool encrypted = false;                  // the filesystem lies on a dm-crypt device, maybe under others
    std::optional<bool> reached;             // a server: it answers, and takes what kdump-send sends
    std::string probe;                       // and its words, or why it was not asked
};
std::vector<TargetFacts> look_at_targets(const Settings& settings);

// Has kdump-send try the servers that it sends to, which may take half a minute each, and asks whether NFS
// servers take connections.
void probe_targets(std::vector<TargetFacts>& targets);

// What the next dump may take, and where that comes from.
struct DumpSize {
    std::uint64_t bytes = 0;
    std::string from;
};
// Pure. `meminfo`: the text of /proc/meminfo; nullopt when it says nothing.
std::optional<DumpSize> expected_dump_size(const std::vector<Dump>& dumps, unsigned level,
                                           std::string_view meminfo);

} // namespace kdumpkit::admin
