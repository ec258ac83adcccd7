// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kdumpkit::capture {

// KiB, from /proc/meminfo.
struct Meminfo {
    std::uint64_t total = 0;
    std::uint64_t available = 0;
    friend bool operator==(const Meminfo&, const Meminfo&) = default;
};
std::optional<Meminfo> parse_meminfo(std::string_view text);

// How little memory there has been. Not the peak of one program: everything counts, the kernel as well.
class MemoryWatch {
  public:
    explicit MemoryWatch(std::string path) : path_(std::move(path)) {}
    // Reads the file; one that cannot be read changes nothing.
    void sample();
    [[nodiscard]] const std::optional<Meminfo>& at_start() const { return start_; }
    [[nodiscard]] std::optional<std::uint64_t> lowest_available() const { return lowest_; }
    // KiB that were taken at the worst moment, counted from the first sample.
    [[nodiscard]] std::optional<std::uint64_t> peak_taken() const;

  private:
    std::string path_;
    std::optional<Meminfo> start_;
    std::optional<std::uint64_t> lowest_;
};

} // namespace kdumpkit::capture
