// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "loader/machine.h"

#include <cstdint>
#include <string>

namespace kdumpkit::admin {

// Pure. Whether the kernel can give back all but `wanted` bytes of the reservation now: `absent`
// when there is none, otherwise `invalid`, with the reason.
Result<> check_shrink(const loader::Machine& machine, std::uint64_t wanted);
// Gives it back until the next boot, and says how much is reserved then.
Result<std::string> shrink_reservation(const loader::Machine& machine, std::uint64_t wanted);

} // namespace kdumpkit::admin
