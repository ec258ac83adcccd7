// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "admin/setup_steps.h"
#include "base/error.h"
#include "loader/machine.h"

#include <string>

namespace kdumpkit::admin {

// Writes the reservation for the next boots unless there is one that is enough. `wished`: "crashkernel=256M";
// empty: what the estimate recommends.
Result<> set_reservation(const loader::Machine& machine, const std::string& wished, SetupSteps steps);
Result<> take_reservation_back(SetupSteps steps);

} // namespace kdumpkit::admin
