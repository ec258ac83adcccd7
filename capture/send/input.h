// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/file.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace kdumpkit::send {

// What one read gave. No bytes and not the end: there is nothing at the moment, wait_for() tells when.
struct Got {
    std::size_t bytes = 0;
    bool end = false;
};

// What is to be stored. It can be read again from oldest() on, when a server lost what it had taken.
class Input {
  public:
    virtual ~Input() = default;
    // Up to out.size() bytes at `offset`, which lies in [oldest(), seen()]. Never blocks.
    virtual Result<Got> read(std::uint64_t offset, std::span<std::byte> out) = 0;
    [[nodiscard]] virtual std::uint64_t oldest() const = 0;
    // The end of what was read so far; of a file its size.
    [[nodiscard]] virtual std::uint64_t seen() const = 0;
    // The size, once it is known.
    [[nodiscard]] virtual std::optional<std::uint64_t> size() const = 0;
    // The descriptor that becomes readable when there is more; -1: there always is.
    [[nodiscard]] virtual int wait_for() const = 0;
};

// Whether a descriptor has something to read, or has come to its end. Never blocks.
bool readable_now(int fd);

// A pipe, of which the last `window` bytes are kept.
class PipeInput final : public Input {
  public:
    PipeInput(int fd, std::string name, std::size_t window);
    Result<Got> read(std::uint64_t offset, std::span<std::byte> out) override;
    [[nodiscard]] std::uint64_t oldest() const override;
    [[nodiscard]] std::uint64_t seen() const override { return seen_; }
    [[nodiscard]] std::optional<std::uint64_t> size() const override;
    [[nodiscard]] int wait_for() const override { return fd_; }

  private:
    Result<> read_more();

    int fd_;
    std::string name_;
    std::vector<std::byte> ring_; // byte `offset` lies at offset % size
    std::uint64_t seen_ = 0;
    bool end_ = false;
};

// A part of a file, all of which can be read again.
class FileInput final : public Input {
  public:
    FileInput(Fd fd, std::string name, std::uint64_t start, std::uint64_t size)
        : fd_(std::move(fd)), name_(std::move(name)), start_(start), size_(size) {}
    Result<Got> read(std::uint64_t offset, std::span<std::byte> out) override;
    [[nodiscard]] std::uint64_t oldest() const override { return 0; }
    [[nodiscard]] std::uint64_t seen() const override { return size_; }
    [[nodiscard]] std::optional<std::uint64_t> size() const override { return size_; }
    [[nodiscard]] int wait_for() const override { return -1; }

  private:
    Fd fd_;
    std::string name_;
    std::uint64_t start_;
    std::uint64_t size_;
};

} // namespace kdumpkit::send
