// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "capture/system.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>

#include <sys/types.h>

namespace kdumpkit::capture {

// What became of a plain copy. Bytes.
struct CopyReport {
    std::uint64_t source_size = 0; // as the source itself says
    std::uint64_t copied = 0;      // read and either written or found to be zero
    std::uint64_t zero = 0;        // of these, left as holes
    std::uint64_t unreadable = 0;  // left as holes because the source could not be read there
    std::optional<std::uint64_t> first_unreadable;
    std::optional<Error> stopped; // why it ended early; side tells whose fault

    // Everything that the source promised is in the copy.
    [[nodiscard]] bool complete() const { return !stopped && unreadable == 0 && copied == source_size; }
    // "" when complete, otherwise the reason in words.
    [[nodiscard]] std::string partial_reason() const;
};

struct CopyOptions {
    bool map_source = true; // mmap where the source can (far faster on /proc/vmcore), otherwise read
    std::size_t window = std::size_t{1} << 20; // bytes at a time, a multiple of 4096; the only buffer
    std::function<void(const CopyReport&)> progress;
    double until = std::numeric_limits<double>::infinity(); // boot seconds: the target's deadline
    // pread(2), for tests: reads that are short or fail.
    std::function<ssize_t(int, std::byte*, std::size_t, std::uint64_t)> read;
};

// Copies `source` to the new file `destination` (mode 0600), sparse: 4 KiB blocks of zeros become holes. What
// cannot be read is skipped in 4 KiB steps and counted. An error result means that nothing was begun;
// whatever happens after is in the report, and the file then holds all that could be had. It is synced by the
// caller.
Result<CopyReport> copy_vmcore(System& system, const std::string& source, const std::string& destination,
                               const CopyOptions& options);

} // namespace kdumpkit::capture
