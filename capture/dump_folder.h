// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace kdumpkit::capture {

// "20261123T010203Z-HOST". Bytes of `host` that don't belong in a file name become '_'; empty becomes
// "unknown". With a clock that was not set two panics may have the same time, and the later dump would
// replace the earlier one on a server: eight digits of this boot's ID follow then, if there are any.
std::string dump_folder_name(std::int64_t utc_seconds, std::string_view host, std::string_view boot_id);

// Makes PARENT/NAME (mode 0700: a dump holds secrets) and what is missing of PARENT. When it exists, because
// the clock stands still, NAME-2, NAME-3 … up to 1000. Answers its path. Errors are the destination's.
Result<std::string> make_dump_folder(const std::string& parent, const std::string& name);

// A file that keeps room on the disk for the last words of a capture that fills it.
class ReservedRoom {
  public:
    static constexpr std::uint64_t bytes = std::uint64_t{512} << 10;
    // ENOSPC is the only error that matters: a filesystem that can't preallocate goes without.
    static Result<ReservedRoom> make(const std::string& folder);
    ReservedRoom(ReservedRoom&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
    ReservedRoom& operator=(ReservedRoom&&) = delete;
    ReservedRoom(const ReservedRoom&) = delete;
    ReservedRoom& operator=(const ReservedRoom&) = delete;
    ~ReservedRoom() { release(); }
    void release();

  private:
    explicit ReservedRoom(std::string path) : path_(std::move(path)) {}
    std::string path_;
};

} // namespace kdumpkit::capture
