// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "admin/services.h"
#include "admin/setup_steps.h"
#include "base/error.h"
#include "base/log.h"
#include "loader/machine.h"

namespace kdumpkit::admin {

// The capture initramfs, without loading it.
Result<> make_image(SetupSteps steps, const Log& log);
// Loads it, by the service where there is one, if memory is reserved.
Result<> load_image(const loader::Machine& machine, const Services& services, SetupSteps steps,
                    const Log& log);
// Unloads it, and removes it.
Result<> take_image_back(const loader::Machine& machine, SetupSteps steps);

} // namespace kdumpkit::admin
