// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/file.h"
#include "loader/kexec.h"
#include "loader/machine.h"

#include <cstddef>
#include <vector>

namespace kdumpkit::loader {

// What a kernel that was jumped into loads to jump back.
struct JumpBack {
    std::vector<std::byte> trampoline;
    Range place;
};
// Pure. `absent` when no kernel waits for this one, and when there is no room.
Result<JumpBack> prepare_jump_back(const Machine& machine);

} // namespace kdumpkit::loader
