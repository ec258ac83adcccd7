// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "base/range.h"

#include <cstdint>
#include <optional>
#include <string>

namespace kdumpkit::capture {

// Facts of the crashed kernel that need no filter: from the VMCOREINFO note of /proc/vmcore.
struct CrashFacts {
    std::string kernel_release;             // OSRELEASE; empty when it is not said
    std::optional<std::int64_t> crash_time; // CRASHTIME, seconds since 1970
    std::uint64_t memory_bytes = 0;         // as find_memory() says
    friend bool operator==(const CrashFacts&, const CrashFacts&) = default;
};

// Where the notes lie in the file, as the ELF64 headers in `head` say (the first bytes of the file, 64 KiB
// are plenty: the kernel puts PT_NOTE first). `corrupt` when it is no such file. Bytes; at most `note_limit`
// long.
inline constexpr std::uint64_t note_limit = std::uint64_t{8} << 20;
Result<Range> find_notes(Bytes head, const std::string& name);

// Bytes of physical memory that the ELF64 headers in `head` promise, each counted once: the kernel's image is
// there twice, in its own PT_LOAD and in the direct map's. 0 when `head` does not hold all of the headers.
std::uint64_t find_memory(Bytes head);

// Every note is optional, every length hostile.
CrashFacts parse_crash_notes(Bytes notes);

// All of that, for the file at `path`.
Result<CrashFacts> read_crash_facts(const std::string& path);

} // namespace kdumpkit::capture
