// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/setup_reservation.h"

#include "admin/boot_change.h"
#include "admin/estimate_machine.h"
#include "admin/reservation_text.h"
#include "loader/status.h"

#include <fmt/format.h>

namespace kdumpkit::admin {
namespace {

std::string then_reboot(const BootPlan& plan, std::string_view reboot) {
    std::string steps;
    for (const std::string& step : plan.by_hand)
        steps += step + "; then ";
    return steps.append(reboot);
}

Result<> write_reservation(const ReservationDecision& decision, SetupSteps steps) {
    Fd lock;
    if (!steps.report.dry_run) {
        KDK_ASSIGN(lock, lock_boot_settings(""));
    }
    auto plan = plan_boot(read_boot_tree(""), decision.parameter);
    if (!plan) {
        // Everything else can be done all the same.
        steps.remains("reservation", std::move(plan).error());
        return {};
    }
    resume_commands(*plan, decision.parameter, false, "");
    steps.report.change = to_text(*plan);
    std::vector<std::string> doubts;
    if (!steps.report.dry_run) {
        const auto before = read_reservation_record("").value_or(std::nullopt);
        KDK_ASSIGN(doubts, apply_plan(*plan, decision.parameter, before, ""));
    }
    steps.changed(
        "reservation",
        fmt::format("set {} through {} ({})", decision.parameter, fmt::join(plan->loaders, " and "),
                    decision.why),
        then_reboot(*plan, fmt::format("reboot; then kdumpkit setup tells whether the kernel granted {}",
                                       decision.parameter)));
    for (const std::string& doubt : doubts)
        steps.remains("reservation", doubt, "kdumpkit reserve, after the reboot");
    return {};
}

} // namespace

Result<> set_reservation(const loader::Machine& machine, const std::string& wished, SetupSteps steps) {
    ReservationFacts facts;
    facts.granted = loader::make_status(machine, "").reserved;
    facts.command_line = machine.command_line;
    facts.recorded = read_standing_reservation("");
    KDK_ASSIGN(const EstimateInputs inputs, gather_estimate(""));
    const Estimate estimate = estimate_reservation(inputs);
    facts.needed = estimate.needed;
    facts.recommended = estimate.recommended;
    facts.wished = wished;
    const ReservationDecision decision = decide_reservation(facts);
    switch (decision.step) {
    case ReservationStep::keep:
        steps.good("reservation", decision.why);
        return {};
    case ReservationStep::reboot:
        steps.remains("reservation", fmt::format("{} {}", decision.parameter, decision.why), "reboot");
        return {};
    case ReservationStep::refused:
        steps.remains("reservation", fmt::format("{} {}", decision.parameter, decision.why),
                      "look for \"crashkernel\" in the kernel's log (dmesg), and reserve less");
        return {};
    case ReservationStep::write:
        return write_reservation(decision, steps);
    }
    return {};
}

Result<> take_reservation_back(SetupSteps steps) {
    Fd lock;
    if (!steps.report.dry_run) {
        KDK_ASSIGN(lock, lock_boot_settings(""));
    }
    const auto found = read_reservation_record("");
    if (!found) {
        // Everything else is taken back all the same.
        steps.remains("reservation", found.error());
        return {};
    }
    const std::optional<ReservationRecord>& record = *found;
    if (!record) {
        steps.good("reservation", "kdumpkit has written none");
        return {};
    }
    auto plan = plan_undo(read_boot_tree(""), *record);
    if (!plan) {
        steps.remains("reservation", std::move(plan).error());
        return {};
    }
    resume_commands(*plan, record->parameter, true, "");
    steps.report.change = to_text(*plan);
    std::vector<std::string> doubts;
    if (!steps.report.dry_run) {
        KDK_ASSIGN(doubts, apply_undo(*plan, *record, ""));
    }
    steps.changed("reservation", fmt::format("take {} away", record->parameter),
                  then_reboot(*plan, "reboot; until then the memory stays reserved"));
    for (const std::string& doubt : doubts)
        steps.remains("reservation", doubt,
                      fmt::format("take {} out there, and make the menu anew", record->parameter));
    return {};
}

} // namespace kdumpkit::admin
