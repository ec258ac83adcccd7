// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "makedumpfile-lite/format/stream_layout.h"

#include <cstdint>

namespace kdumpkit::dump::format {

// StreamSection::checksum of a section and what its kind adds behind it.
std::uint64_t stream_checksum(StreamSection section, Bytes behind);

} // namespace kdumpkit::dump::format
