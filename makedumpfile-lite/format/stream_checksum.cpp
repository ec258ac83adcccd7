// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/format/stream_checksum.h"

#include <memory>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace kdumpkit::dump::format {

std::uint64_t stream_checksum(StreamSection section, Bytes behind) {
    section.checksum = 0;
    const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(), &XXH3_freeState);
    if (!state)
        return 0;
    XXH3_64bits_reset(state.get());
    XXH3_64bits_update(state.get(), &section, sizeof(section));
    XXH3_64bits_update(state.get(), behind.data(), behind.size());
    return XXH3_64bits_digest(state.get());
}

} // namespace kdumpkit::dump::format
