// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "capture/send/input.h"
#include "capture/send/outcome.h"

#include <algorithm>
#include <cstring>

namespace kdumpkit::send {

// What one request uploads.
class Body {
  public:
    virtual ~Body() = default;
    virtual Outcome<Got> read(std::span<std::byte> out) = 0;
    // Goes on at `offset`, where the file on the server ends.
    virtual Outcome<> seek(std::uint64_t offset) = 0;
    [[nodiscard]] virtual std::uint64_t position() const = 0;
    [[nodiscard]] virtual std::optional<std::uint64_t> size() const = 0;
    [[nodiscard]] virtual int wait_for() const = 0;
    // All of it was read: the server may take its time to work on what it has.
    [[nodiscard]] virtual bool at_end() const = 0;
};

// An input from an offset on.
class InputBody final : public Body {
  public:
    explicit InputBody(Input& input) : input_(input) {}
    Outcome<Got> read(std::span<std::byte> out) override;
    Outcome<> seek(std::uint64_t offset) override;
    [[nodiscard]] std::uint64_t position() const override { return at_; }
    [[nodiscard]] std::optional<std::uint64_t> size() const override { return input_.size(); }
    [[nodiscard]] int wait_for() const override { return input_.wait_for(); }
    [[nodiscard]] bool at_end() const override { return input_.size() == at_; }
    // Where the first byte was asked for; empty when the transfer did not come that far.
    [[nodiscard]] std::optional<std::uint64_t> began() const { return began_; }

  private:
    Input& input_;
    std::uint64_t at_ = 0;
    std::optional<std::uint64_t> began_;
};

// Bytes in memory, which outlive it. They are the part of something that begins at `base`.
class MemoryBody final : public Body {
  public:
    explicit MemoryBody(std::span<const std::byte> bytes, std::uint64_t base = 0)
        : bytes_(bytes), base_(base) {}
    Outcome<Got> read(std::span<std::byte> out) override;
    Outcome<> seek(std::uint64_t offset) override;
    [[nodiscard]] std::uint64_t position() const override { return base_ + at_; }
    [[nodiscard]] std::optional<std::uint64_t> size() const override { return bytes_.size(); }
    [[nodiscard]] int wait_for() const override { return -1; }
    [[nodiscard]] bool at_end() const override { return at_ == bytes_.size(); }

  private:
    std::span<const std::byte> bytes_;
    std::uint64_t base_;
    std::size_t at_ = 0;
};

// Nothing; where it is asked to go on tells the size of the file on the server.
class EmptyBody final : public Body {
  public:
    Outcome<Got> read(std::span<std::byte>) override { return Got{0, true}; }
    Outcome<> seek(std::uint64_t offset) override {
        at_ = offset;
        return {};
    }
    [[nodiscard]] std::uint64_t position() const override { return at_; }
    [[nodiscard]] std::optional<std::uint64_t> size() const override { return std::nullopt; }
    [[nodiscard]] int wait_for() const override { return -1; }
    [[nodiscard]] bool at_end() const override { return false; } // there is nothing to work on

  private:
    std::uint64_t at_ = 0;
};

} // namespace kdumpkit::send
