// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <cstdint>
#include <string>

namespace kdumpkit::admin {

// Makes the file `to` of `bytes` bytes from `offset` on of `from`. It is called `to`.incomplete until all of
// it is written back. What an earlier try left there is compared and gone on with; a file `to` that is the
// same already stays as it is. A signal that base/interrupt watches ends it. Errors in writing carry
// ErrorSide::destination.
Result<> copy_on(const std::string& from, std::uint64_t offset, std::uint64_t bytes, const std::string& to);

} // namespace kdumpkit::admin
