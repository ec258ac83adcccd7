// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <string>
#include <utility>

namespace kdumpkit {

// A whole file, read where it lies: the kernel can take its pages back at any time, which a copy would not
// allow it. A file that is cut short meanwhile ends the process (SIGBUS).
class MappedFile {
  public:
    // `invalid` for what is no regular file. An empty file has no bytes.
    static Result<MappedFile> open(const std::string& path);
    MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;
    MappedFile& operator=(MappedFile&&) = delete;
    ~MappedFile();

    [[nodiscard]] Bytes bytes() const { return bytes_; }

  private:
    explicit MappedFile(Bytes bytes) : bytes_(bytes) {}

    Bytes bytes_;
};

} // namespace kdumpkit
