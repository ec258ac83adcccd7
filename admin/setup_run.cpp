// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/setup_run.h"

#include "admin/services.h"
#include "admin/setup_image.h"
#include "admin/setup_reservation.h"
#include "admin/setup_services.h"
#include "config/settings_file.h"
#include "loader/machine.h"

#include <fmt/format.h>

namespace kdumpkit::admin {
namespace {

Result<loader::Machine> look_at_machine(bool dry_run) {
    KDK_ASSIGN(loader::Machine machine, loader::gather_machine("/"));
    if (!dry_run)
        KDK_TRY(loader::require_root(machine, "set up", loader::KexecPurpose::capture));
    return machine;
}

} // namespace

Result<> set_up(const SetupWish& wish, SetupReport& report, const Log& log) {
    report.dry_run = wish.dry_run;
    SetupSteps steps{report};
    KDK_ASSIGN(const loader::Machine machine, look_at_machine(wish.dry_run));
    // First of all: nothing is changed while they are wrong.
    KDK_ASSIGN(const SettingsFile before, read_settings_file(""));
    steps.good("settings", before.exists ? fmt::format("{} is good", before.path)
                                         : fmt::format("{} is absent: the defaults apply", before.path));
    KDK_TRY(take_over_rivals(look_at_services(machine.has_systemd, {}), wish.take_over, steps));
    KDK_TRY(make_image(steps, log));
    KDK_TRY(set_reservation(machine, wish.parameter, steps));
    // Of the settings that apply by now: they may just have been imported.
    KDK_ASSIGN(const SettingsFile now, read_settings_file(""));
    const Services services = look_at_services(machine.has_systemd, needed_units(now.settings));
    KDK_TRY(enable_services(services, steps));
    return load_image(machine, services, steps, log);
}

Result<> take_back(const SetupWish& wish, SetupReport& report) {
    report.dry_run = wish.dry_run;
    SetupSteps steps{report};
    KDK_ASSIGN(const loader::Machine machine, look_at_machine(wish.dry_run));
    KDK_TRY(disable_services(look_at_services(machine.has_systemd, {}), steps));
    KDK_TRY(take_image_back(machine, steps));
    KDK_TRY(give_back_rivals(steps));
    return take_reservation_back(steps);
}

} // namespace kdumpkit::admin
