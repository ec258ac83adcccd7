// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "makedumpfile-lite/format/stream_layout.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace kdumpkit::dump {

// One section as it stands in a stream (format/stream_layout.h).
struct StreamPart {
    format::StreamSection section;
    std::vector<std::byte> zeros; // pages: the bits behind the section
    std::vector<std::byte> frame; // packed
};

// Whether a section, of which `behind` bytes follow in its skippable frame, stays inside the format's bounds.
bool has_sound_sizes(const format::StreamSection& section, std::uint64_t behind);

// Of a section of pages: how many of its first `page` ones are zero, and so not in its frame.
std::uint32_t zeros_before(const StreamPart& part, std::uint32_t page);

// The packed frame of a section, unpacked and checked; `corrupt` when it does not hold what the section says.
Result<> unpack_stream_frame(const StreamPart& part, std::vector<std::byte>& out, const std::string& name);

} // namespace kdumpkit::dump
