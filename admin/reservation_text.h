// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "admin/bootloader.h"
#include "base/error.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace kdumpkit::admin {

// "192M", "1G", "262144K" to bytes; `invalid` for anything else and for less than 32 MiB.
Result<std::uint64_t> parse_size(std::string_view text);

struct ReservationSize {
    std::string size;  // "192M"
    bool high = false; // above 4 GiB, with enough below for 32-bit devices
    std::string cma;   // besides, shared with the running kernel until the panic (Linux 6.17); empty: none
};
// "crashkernel=192M", or several such words; `invalid` for what is no size.
Result<std::string> reservation_parameter(const ReservationSize& size);

std::string to_json(const ReservationRecord& record);
std::optional<ReservationRecord> parse_reservation_record(std::string_view json);

// The plan for people: lines taken away (-) and added (+) in each file, commands, notes.
std::string to_text(const BootPlan& plan);

// Pure: what the running kernel was asked for and what it granted, with the next step. `recorded`: what was
// written for the next boot, empty for nothing.
std::string granted_text(std::string_view command_line, std::uint64_t reserved, std::string_view recorded);

} // namespace kdumpkit::admin
