// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "admin/arm_record.h"
#include "admin/target_facts.h"
#include "config/dumps.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::admin {

// What `kdumpkit status` tells besides what the kernel says.
struct AdminStatus {
    std::optional<ArmRecord> arm;          // the last kdumpkit arm of this boot
    std::optional<Dump> last;              // the newest dump that can be seen
    std::optional<Error> settings_error{}; // why the settings cannot be used: nothing can be armed anew
    std::vector<TargetFacts> targets{};
};
// Lines that end with newlines; empty when nothing is known.
std::string to_text(const AdminStatus& status);
// The JSON of loader::to_json(Status) with the keys "settings_error", "arm", "last_capture" and "targets".
std::string with_admin_status(std::string_view json, const AdminStatus& status);
// 0 armed, 3 not armed, 2 armed with settings that are wrong: docs/exit-codes.md.
int status_exit_code(bool armed, const AdminStatus& status);

} // namespace kdumpkit::admin
