// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/format/duplicates.h"

#include <algorithm>
#include <bit>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace kdumpkit::dump::format {

std::uint64_t hash_of(Bytes bytes) {
    return XXH3_64bits(bytes.data(), bytes.size());
}

bool same_bytes(Bytes one, Bytes other) {
    return one.size() == other.size() &&
           (one.empty() || std::memcmp(one.data(), other.data(), one.size()) == 0);
}

Duplicates::Duplicates(std::size_t bytes)
    : sets_(std::bit_floor(std::max(bytes, sizeof(Set)) / sizeof(Set))) {}

std::optional<Duplicates::Stored> Duplicates::find(std::uint64_t hash) {
    std::array<Entry, 4>& set = sets_[index(hash)].entries;
    const auto found = std::find_if(set.begin(), set.end(), [&](const Entry& entry) {
        return entry.offset != 0 && entry.tag == hash >> 40;
    });
    if (found == set.end())
        return std::nullopt;
    std::rotate(set.begin(), found, found + 1);
    const Entry& entry = set.front();
    return Stored{entry.pfn, entry.offset, static_cast<std::uint32_t>(entry.size + 1)};
}

void Duplicates::remember(std::uint64_t hash, const Stored& stored) {
    if (stored.pfn >> 40 != 0 || stored.offset >> 48 != 0 || stored.size == 0 || stored.size > 65536)
        return;
    std::array<Entry, 4>& set = sets_[index(hash)].entries;
    std::copy_backward(set.begin(), set.end() - 1, set.end());
    Entry& entry = set.front();
    entry.tag = hash >> 40;
    entry.pfn = stored.pfn & ((std::uint64_t{1} << 40) - 1);
    entry.offset = stored.offset & ((std::uint64_t{1} << 48) - 1);
    entry.size = static_cast<std::uint16_t>(stored.size - 1);
}

} // namespace kdumpkit::dump::format
