// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "admin/setup.h"
#include "base/error.h"
#include "base/log.h"

#include <string>

namespace kdumpkit::admin {

struct SetupWish {
    std::string parameter; // "crashkernel=256M"; empty: what the estimate recommends
    bool dry_run = false;
    bool take_over = false; // disable another kdump's services
};

// Does what is not done yet, and tells of it in `report`, also of what was done before an error.
Result<> set_up(const SetupWish& wish, SetupReport& report, const Log& log);
// Takes back what set_up did: the services, the loaded kernel, the initramfs, the reservation; other kdumps'
// services are enabled again. Settings and dumps stay.
Result<> take_back(const SetupWish& wish, SetupReport& report);

} // namespace kdumpkit::admin
