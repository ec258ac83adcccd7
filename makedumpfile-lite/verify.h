// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/log.h"
#include "base/range.h"
#include "makedumpfile-lite/faults.h"
#include "makedumpfile-lite/options.h"

#include <cstdint>
#include <optional>
#include <string>

namespace kdumpkit::dump {

// What `verify` found.
struct Verification {
    std::string name, format; // Image::format()
    bool flattened = false, truncated = false;
    std::optional<Range> part;        // one file of a split dump: its pfns
    std::uint64_t pages = 0;          // that the dump says it has
    std::uint64_t readable_pages = 0; // of those
    bool opened = true;               // false: it is too damaged: only compared with its manifest
    std::string manifest;             // that the file was compared with; empty: there is none
    std::uint64_t suspect_pages = 0;  // whose bytes in the file are not what the manifest says
    Faults faults;
};

// Pure. One line and the list of faults, for people; a JSON object, for programs.
std::string verification_text(const Verification& verification);
std::string verification_json(const Verification& verification);

// Reads all of Options::source, compares it with its manifest if there is one, and prints what is wrong with
// it to standard output. Anything wrong is `corrupt`.
Result<> verify_dump(const Options& options, const Log& log);

} // namespace kdumpkit::dump
