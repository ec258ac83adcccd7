// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/file.h"

namespace kdumpkit::loader {

// Waits until no other kdumpkit loads or unloads, and keeps others waiting until the descriptor is closed:
// what LoadRecord notes is then what is loaded, and `load --again` cannot bring back what was replaced
// meanwhile. Other programs do not know it; they meet the kernel's own lock (EBUSY).
Result<Fd> lock_loading();

} // namespace kdumpkit::loader
