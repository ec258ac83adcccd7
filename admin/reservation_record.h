// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "admin/line_edits.h"
#include "base/error.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace kdumpkit::admin {

// What `kdumpkit reserve` has written, for --undo.
struct ReservationRecord {
    static constexpr const char* path = "/var/lib/kdumpkit/reservation.json";
    std::string parameter;                  // "crashkernel=192M"
    std::map<std::string, LineEdits> files; // file to its lines that kdumpkit has changed
    friend bool operator==(const ReservationRecord&, const ReservationRecord&) = default;
};
std::string to_json(const ReservationRecord& record);
// nullopt for what kdumpkit cannot have written: nothing of it may reach a boot loader's file.
std::optional<ReservationRecord> parse_reservation_record(std::string_view json);

// The record below `root` ("" for the running system); nullopt when there is none, `corrupt` when it is none.
Result<std::optional<ReservationRecord>> read_reservation_record(const std::string& root);

} // namespace kdumpkit::admin
