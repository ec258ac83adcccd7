// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/range.h"

#include <optional>
#include <string_view>
#include <vector>

namespace kdumpkit::loader {

// One section of a PE file (Microsoft's PE format specification): what the file holds of it.
struct PeSection {
    std::string_view name; // at most 8 bytes
    Bytes content;
    bool whole = true; // false: the file ends before the section does
};

// Every section that the header announces, at most 96 as Windows takes; names and contents point into `file`.
// nullopt when it is no PE file. The content has the section's virtual size where that is smaller than what
// is in the file, which is padded. The last has no name when the file ends inside the header.
std::optional<std::vector<PeSection>> pe_sections(Bytes file);

// Where the signature (Authenticode's certificate table) lies in the file, or should: a file that is cut off
// ends before it does. Empty when there is none; nullopt when it is no PE file.
std::optional<Range> pe_signature(Bytes file);
// Whether there is one, whoever made it.
std::optional<bool> has_pe_signature(Bytes file);

} // namespace kdumpkit::loader
