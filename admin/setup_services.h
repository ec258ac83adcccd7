// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "admin/services.h"
#include "admin/setup_steps.h"
#include "base/error.h"

namespace kdumpkit::admin {

// Two kdumps would load one over the other: imports the other one's settings and disables it if that is
// `wanted`; `invalid` otherwise.
Result<> take_over_rivals(const Services& services, bool wanted, SetupSteps steps);
// Enables what is needed of ours.
Result<> enable_services(const Services& services, SetupSteps steps);
// Disables ours.
Result<> disable_services(const Services& services, SetupSteps steps);
// Enables again what take_over_rivals() has disabled.
Result<> give_back_rivals(SetupSteps steps);

} // namespace kdumpkit::admin
