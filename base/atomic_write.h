// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace kdumpkit {

// Writes PATH.new-PID, fsyncs, renames over `path`, fsyncs the folder: the old file stays whole until the new
// one is. Symbolic links are followed, it is their target that is replaced. What exists and is not a regular
// file is refused (`invalid`) and stays as it is; other errors carry ErrorSide::destination. Errors name
// `path`, never the temporary file.
Result<> write_file_atomically(const std::string& path, std::span<const std::byte> bytes,
                               unsigned mode = 0644);
Result<> write_file_atomically(const std::string& path, std::string_view text, unsigned mode = 0644);
// The same, with owner and mode of the file that is replaced; `mode` is for one that is not there yet.
Result<> replace_file_atomically(const std::string& path, std::string_view text, unsigned mode = 0644);

} // namespace kdumpkit
