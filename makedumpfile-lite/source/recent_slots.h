// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace kdumpkit::dump {

// What was unpacked last, by key. There are a few slots, and the one used longest ago makes room.
template<class Key, class Value>
class RecentSlots {
  public:
    struct Slot {
        std::optional<Key> key; // none: the value is of no use
        std::uint64_t used = 0;
        Value value;
    };

    explicit RecentSlots(std::size_t count) : slots_(count) {}

    // The slot of `key`; or else one to be filled, which still has another key or none.
    Slot& find(const Key& key) {
        auto slot = std::ranges::find(slots_, std::optional(key), &Slot::key);
        if (slot == slots_.end())
            slot = std::ranges::min_element(slots_, {}, &Slot::used);
        slot->used = ++clock_;
        return *slot;
    }

  private:
    std::vector<Slot> slots_;
    std::uint64_t clock_ = 0;
};

} // namespace kdumpkit::dump
