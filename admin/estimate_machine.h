// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "admin/estimate.h"
#include "admin/reservation_size.h"

namespace kdumpkit::admin {

// What this machine's capture kernel, its initramfs by the settings in `config` (empty: the standard ones)
// and the dumps of earlier captures say. Reads the initramfs's record; without one it is made in memory.
Result<EstimateInputs> gather_estimate(const std::string& config);

// What the running kernel has reserved, in bytes.
Result<std::uint64_t> reserved_now();
// check_fits() on this machine.
Result<> check_fits_here(const ReservationSize& size);

} // namespace kdumpkit::admin
