// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "admin/arm_record.h"
#include "admin/capture_image.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"

#include <string>

namespace kdumpkit::admin {

struct ArmWish {
    std::string config;      // settings file; empty: the standard one
    bool rebuild = false;    // even a fresh initramfs
    bool dry_run = false;    // say what would be done, write and load nothing
    bool only_build = false; // bring the initramfs up to date, load nothing; needs no reservation
};

// Brings ImageRecord::image_path up to date and loads it with its kernel. What it does is noted in `record`.
// The earlier initramfs stays until the new one is whole; when there can be no new one the earlier one is
// loaded, if it is whole, and the error says so. Not to be run twice at once: the caller has the lock.
Result<> arm(const ArmWish& wish, ArmRecord& record, const Log& log);

// Held until it is closed: a second instance waits and then finds everything fresh.
Result<Fd> lock_arming();

} // namespace kdumpkit::admin
