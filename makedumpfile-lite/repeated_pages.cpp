// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/repeated_pages.h"

#include <algorithm>
#include <cstring>

namespace kdumpkit::dump {

namespace {

// Words of 16 places, at other offsets in each line of a processor's cache: pages of structures are alike in
// many. Quick, not thorough: whoever finds a key compares the pages. Never 0.
std::uint64_t key_of(Bytes page) {
    constexpr std::size_t places = 16;
    constexpr std::uint64_t odd = 0x9e3779b97f4a7c15;
    const std::size_t step = page.size() / places;
    std::uint64_t key = 1;
    for (std::size_t i = 0; i < places; ++i) {
        std::uint64_t word = 0;
        std::memcpy(&word, page.data() + i * step + i * sizeof(word), sizeof(word));
        key += (word ^ word >> 29) * (odd * (3 * i + 1));
    }
    key = (key ^ key >> 32) * odd;
    key ^= key >> 29;
    return key == 0 ? 1 : key;
}

} // namespace

RepeatedPages::Stored RepeatedPages::find(Bytes page) {
    key_ = key_of(page);
    const auto at = std::find(keys_.begin(), keys_.end(), key_);
    if (at == keys_.end())
        return {};
    Kept& known = kept_[static_cast<std::size_t>(at - keys_.begin())];
    if (std::memcmp(known.content.data(), page.data(), page_size_) != 0)
        return {};
    known.used = ++clock_;
    return {known.page, Bytes(known.content).subspan(page_size_, known.page.size)};
}

void RepeatedPages::remember(Bytes page, const Stored& stored) {
    std::uint64_t& before = met_[key_ % met_.size()];
    if (before != key_) {
        before = key_;
        return;
    }
    // In the place of one that only looks alike, or of that which was not asked for longest.
    auto at = std::find(keys_.begin(), keys_.end(), key_);
    if (at == keys_.end())
        at = keys_.begin() + (std::ranges::min_element(kept_, {}, &Kept::used) - kept_.begin());
    *at = key_;
    Kept& known = kept_[static_cast<std::size_t>(at - keys_.begin())];
    known.page = stored.page;
    known.used = ++clock_;
    known.content.resize(2 * page_size_);
    std::memcpy(known.content.data(), page.data(), page_size_);
    std::memcpy(known.content.data() + page_size_, stored.bytes.data(), stored.bytes.size());
}

} // namespace kdumpkit::dump
