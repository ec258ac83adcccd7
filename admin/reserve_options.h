// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "admin/reservation_size.h"
#include "base/error.h"

#include <string>

namespace kdumpkit::admin {

struct ReserveOptions {
    ReservationSize size;
    std::string shrink, root;
    bool dry_run = false, undo = false, show = false;
};
// Pure. `invalid`, naming both, for an option that would not be looked at beside another one, or that needs
// SIZE.
Result<> check_options(const ReserveOptions& options);

} // namespace kdumpkit::admin
