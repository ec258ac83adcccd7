// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "admin/bootloader.h"

namespace kdumpkit::admin {

// Pure. Which files `record` has and `tree` has not, for a `plan` that undoes: those that are gone become
// notes, those that may only lie on a disk that is not mounted become `unseen`, with what to do. `absent`
// when there are such, and nothing else is to be changed.
Result<> note_gaps(const BootTree& tree, const ReservationRecord& record, BootPlan& plan);

} // namespace kdumpkit::admin
