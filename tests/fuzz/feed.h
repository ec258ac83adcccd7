// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "tests/fuzz/target.h"

#include <algorithm>
#include <string>

namespace kdumpkit::fuzz {

// An input as a sequence of small numbers and texts; behind its end everything is zero and empty.
class Feed {
  public:
    explicit Feed(Bytes bytes) : rest_(bytes) {}

    [[nodiscard]] bool done() const { return rest_.empty(); }
    template<class T>
    T number() {
        T value{};
        const Bytes bytes = take(sizeof(T));
        std::copy(bytes.begin(), bytes.end(), std::as_writable_bytes(std::span(&value, 1)).begin());
        return value;
    }
    Bytes take(std::size_t size) {
        const Bytes taken = rest_.first(std::min(size, rest_.size()));
        rest_ = rest_.subspan(taken.size());
        return taken;
    }
    // One byte of length, then the text.
    std::string text() { return std::string(as_text(take(number<std::uint8_t>()))); }

  private:
    Bytes rest_;
};

// The other direction, for seeds.
class FeedWriter {
  public:
    template<class T>
    FeedWriter& number(T value) {
        return bytes(bytes_of(value));
    }
    FeedWriter& bytes(Bytes more) {
        input_.insert(input_.end(), more.begin(), more.end());
        return *this;
    }
    FeedWriter& text(std::string_view more) {
        return number(static_cast<std::uint8_t>(more.size())).bytes(as_bytes(more));
    }
    [[nodiscard]] const Input& input() const { return input_; }

  private:
    Input input_;
};

} // namespace kdumpkit::fuzz
