// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "admin/bootloader.h"
#include "base/file.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::admin {

// The record of the system below `root` ("" for the running one), unless the boot loader's settings no longer
// have all of it, or its menu does not: then no reboot would bring it.
std::optional<ReservationRecord> read_standing_reservation(const std::string& root);

// Where no file is to change, an earlier run may have been cut off (power, Ctrl-C) before its commands ended:
// those whose menu below `root` has no `parameter` yet, or with `undo` still has it, become commands of the
// plan again. With `undo` a menu that cannot be looked at becomes a note.
void resume_commands(BootPlan& plan, std::string_view parameter, bool undo, const std::string& root);

// Held from reading the boot loader's settings below `root` ("" for the running system) until they are
// changed: two at once would keep each other's words as the earlier ones. Waits.
Result<Fd> lock_boot_settings(const std::string& root);

// The record of a plan that is carried out: what was there before kdumpkit's first change.
ReservationRecord record_of(const BootPlan& plan, std::string parameter,
                            const std::optional<ReservationRecord>& before);

// Carries out a plan that sets `parameter` on the system below `root`; the record comes first, so that it can
// be undone wherever it ends. `before`: the record until now. Commands run only on the running system. The
// answer is what speaks against their having worked.
Result<std::vector<std::string>> apply_plan(const BootPlan& plan, const std::string& parameter,
                                            const std::optional<ReservationRecord>& before,
                                            const std::string& root);
// Carries out a plan that takes back what `record` has; of that only what the plan could not see remains. The
// answer is as apply_plan()'s.
Result<std::vector<std::string>> apply_undo(const BootPlan& plan, ReservationRecord record,
                                            const std::string& root);

} // namespace kdumpkit::admin
