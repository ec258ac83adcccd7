// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/range.h"
#include "base/sha256.h"
#include "makedumpfile-lite/format/destination.h"
#include "makedumpfile-lite/source/content.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::dump {

// What a dump's file was when it was written: docs/manifest.md. It is a file beside the dump and tells later
// whether a byte of that has changed, and where.
struct Manifest {
    std::string format; // as Summary::format
    bool flattened = false;
    bool complete = false;   // the whole dump is in the file
    std::uint64_t bytes = 0; // of the file
    std::uint64_t block_bytes = 0;
    std::vector<Digest> blocks; // one for each block of the file; the last one may be shorter
};

// Where `verify` looks for a dump's manifest when nobody names one.
std::string manifest_name(const std::string& dump);
// Bytes of a block for a dump of at most `bytes`: 1 MiB, or more, so that all digests fit into 8 MiB.
std::uint64_t manifest_block(std::uint64_t bytes);

// Pure. One JSON object with a final newline, and back; a text that is no manifest, or was damaged, is
// `corrupt`.
std::string to_json(const Manifest& manifest);
Result<Manifest> parse_manifest(std::string_view text, const std::string& name);
Result<Manifest> read_manifest(const std::string& path);

// Writes the manifest of what went to `destination`, which is closed or was given up.
Result<> write_manifest(const std::string& path, const format::Destination& destination, Manifest facts);
// A manifest that lies beside a dump that is being replaced would call the new one damaged. Other files stay.
void drop_stale_manifest(const std::string& dump);

// The blocks of `file` that are not what the manifest says, as ranges of bytes, rising and apart; bytes that
// it has too few or too many are such a range, too. `progress` gets the bytes read.
Result<std::vector<Range>> damaged_blocks(const Manifest& manifest, const Content& file,
                                          const std::function<Result<>(std::uint64_t)>& progress);

} // namespace kdumpkit::dump
