// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "admin/bootloader.h"
#include "admin/estimate.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::admin {

// What `kdumpkit setup` knows of the memory for the capture kernel.
struct ReservationFacts {
    std::uint64_t granted = 0;                 // bytes that this boot's kernel reserved
    std::string command_line;                  // of this boot
    std::optional<ReservationRecord> recorded; // what kdumpkit has written for the next boots
    std::uint64_t needed = 0, recommended = 0; // by the estimate, in bytes
    std::string wished;                        // "crashkernel=256M" by the admin; empty: what is recommended
};
enum class ReservationStep {
    keep,   // the kernel granted enough
    write,  // for the next boot
    reboot, // written already
    refused // the kernel was asked for it and granted nothing
};
struct ReservationDecision {
    ReservationStep step = ReservationStep::keep;
    std::string parameter; // that is to be in force in the end
    std::string why;
};
// Pure.
ReservationDecision decide_reservation(const ReservationFacts& facts);

// One thing that setup looks after.
enum class SetupState { good, done, planned, remains };
struct SetupStep {
    std::string name; // "initramfs"
    SetupState state = SetupState::good;
    std::string text;
    std::string next; // what the admin does; empty: nothing
};
struct SetupReport {
    bool dry_run = false, undo = false;
    std::vector<SetupStep> steps;
    std::string change;                // of the boot loader's files, for people; empty: none
    std::optional<Error> failure = {}; // what ended it before its end
};
// Each ends with a newline. steps_text() has the steps alone.
std::string steps_text(const SetupReport& report);
std::string to_text(const SetupReport& report);
std::string to_json(const SetupReport& report);

// What setup has changed besides the reservation, for --undo.
struct SetupRecord {
    static constexpr const char* path = "/var/lib/kdumpkit/setup.json";
    std::vector<std::string> disabled; // units of another kdump
    friend bool operator==(const SetupRecord&, const SetupRecord&) = default;
};
std::string to_json(const SetupRecord& record);
std::optional<SetupRecord> parse_setup_record(std::string_view json);

} // namespace kdumpkit::admin
