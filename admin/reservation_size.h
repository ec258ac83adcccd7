// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace kdumpkit::admin {

// "192M", "1G", "262144K" to bytes; `invalid` for anything else, for less than 32 MiB and for more than any
// kernel reserves. `option`: the one whose value it is; empty for SIZE.
Result<std::uint64_t> parse_size(std::string_view text, std::string_view option = "");

struct ReservationSize {
    std::string size;  // "192M"
    bool high = false; // above 4 GiB, with enough below for 32-bit devices
    std::string cma;   // besides, shared with the running kernel until the panic (Linux 6.17); empty: none
};
// "crashkernel=192M", or several such words; `invalid` for what is no size.
Result<std::string> reservation_parameter(const ReservationSize& size);

// Pure. `invalid` for more than the machine has; `meminfo`: the text of /proc/meminfo, `reserved`: what this
// boot's kernel has reserved, which is not in it.
Result<> check_fits(const ReservationSize& size, std::string_view meminfo, std::uint64_t reserved);

} // namespace kdumpkit::admin
