// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "admin/arm_record.h"
#include "admin/bootloader.h"
#include "admin/capture_image.h"
#include "admin/services.h"
#include "admin/target_facts.h"
#include "loader/status.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kdumpkit::admin {

// All that `kdumpkit doctor` looks at, gathered once (gather_doctor_facts); absent is what could not be read.
struct DoctorFacts {
    bool privileged = false;
    bool systemd_runs = false;
    loader::Status kernel;
    std::string command_line;
    std::optional<ReservationRecord> recorded;

    std::string settings_error; // empty: good
    std::string build_error;    // why no initramfs could be made now: a missing module, program, disk
    std::vector<std::string> build_warnings;
    std::optional<std::vector<std::string>> stale; // why the initramfs on the disk is not fresh; empty: it is
    std::optional<ImageRecord> image;
    std::optional<ArmRecord> arm;
    std::optional<std::uint64_t> needed, recommended; // by the estimate, in bytes

    std::optional<bool> secure_boot;
    std::optional<bool> image_signed; // the capture kernel's file has a signature
    std::map<std::string, std::string>
        sysctls;                // "kernel.panic_on_oops" to "1"; without those that are absent
    std::string post_notifiers; // the kernel's parameter crash_kexec_post_notifiers: "Y", "N"

    std::vector<TargetFacts> targets;
    std::optional<std::uint64_t> dump_bytes; // what the next dump may take
    std::string dump_bytes_from;             // "the largest of 3 earlier dumps"
    std::optional<std::uint64_t> state_free; // bytes free in /var/lib/kdumpkit
    Services services;
};

// Changes nothing. `config`: settings file, empty for the standard one.
Result<DoctorFacts> gather_doctor_facts(const std::string& config);

} // namespace kdumpkit::admin
