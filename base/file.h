// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/atomic_write.h"
#include "base/error.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit {

// An owned file descriptor; closed on destruction, errors of that close are lost (use close() to see them).
class Fd {
  public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(other.release()) {}
    Fd& operator=(Fd&& other) noexcept;
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd();

    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] bool valid() const { return fd_ >= 0; }
    [[nodiscard]] int release();
    Result<> close(const std::string& name);

  private:
    int fd_ = -1;
};

// open(2) with O_CLOEXEC. The error names `path`.
Result<Fd> open_file(const std::string& path, int flags, unsigned mode = 0666);

// The whole file, at most `limit` bytes; a larger one is an `unsupported` error, never a partial answer.
// Works on /proc and /sys files, whose st_size lies. A pipe that has a name is `invalid`: to open it might
// wait forever.
inline constexpr std::size_t default_read_limit = std::size_t{512} << 20;
Result<std::vector<std::byte>> read_file(const std::string& path, std::size_t limit = default_read_limit);
Result<std::string> read_text(const std::string& path, std::size_t limit = std::size_t{64} << 20);

// Exactly `out.size()` bytes at `offset` (bytes); a short file is `corrupt` ("ends at ..."). `name` is for
// messages.
Result<> pread_exact(int fd, std::uint64_t offset, std::span<std::byte> out, const std::string& name);
// Up to `out.size()` bytes at `offset`; fewer only at the end of the file.
Result<std::size_t> pread_some(int fd, std::uint64_t offset, std::span<std::byte> out,
                               const std::string& name);

// All of `bytes`, retrying short writes and EINTR. Errors carry ErrorSide::destination.
Result<> write_all(int fd, std::span<const std::byte> bytes, const std::string& name);
Result<> pwrite_all(int fd, std::uint64_t offset, std::span<const std::byte> bytes, const std::string& name);

// The folder of a path, for fsync after a rename: "a/b" gives "a", "b" gives ".", "/b" gives "/".
std::string parent_folder(std::string_view path);
Result<> sync_folder(const std::string& path);

bool file_exists(const std::string& path);
// In bytes, as stat(2) has it; 0 when there is no such file.
std::uint64_t file_size(const std::string& path);

// Waits until no other process has this lock (flock(2)) on `path`, which is made, readable by its owner, in a
// folder that exists; held until the descriptor is closed.
Result<Fd> lock_file(const std::string& path);
// The same with a folder itself, into which nothing is written. A folder on NFS cannot be locked.
Result<Fd> lock_folder(const std::string& path);

} // namespace kdumpkit
