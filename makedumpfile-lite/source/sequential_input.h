// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "makedumpfile-lite/source/content.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace kdumpkit::dump {

// What is read from its start to its end, as a pipe must be. Errors carry ErrorSide::source.
class SequentialInput {
  public:
    // The descriptor stays the caller's. `name` is for messages.
    SequentialInput(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
    // `content` must outlive it.
    explicit SequentialInput(const Content& content) : content_(&content), name_(content.name()) {}

    // Fewer bytes than asked for only at the end.
    Result<std::size_t> read(std::span<std::byte> out);
    // An input that ends before is `corrupt`, at the offset where it ends.
    Result<> read_exact(std::span<std::byte> out);
    Result<> skip(std::uint64_t bytes);
    // The first `size` bytes, which will be read again; fewer if there are no more. Before the first read.
    Result<Bytes> peek(std::size_t size);

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] std::uint64_t position() const { return position_; } // bytes read so far

  private:
    Result<std::size_t> read_more(std::span<std::byte> out);
    Result<std::size_t> read_fd(std::span<std::byte> out);

    int fd_ = -1;
    const Content* content_ = nullptr; // instead of a descriptor
    std::uint64_t taken_ = 0;          // bytes of it so far
    std::string name_;
    std::uint64_t position_ = 0;
    std::vector<std::byte> peeked_;
};

} // namespace kdumpkit::dump
