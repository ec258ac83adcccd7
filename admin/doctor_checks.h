// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "admin/doctor.h"

namespace kdumpkit::admin {

// The checks of doctor, by what they look at; each adds at least one finding.
using Findings = std::vector<Finding>;
using Check = void (*)(const DoctorFacts& facts, Findings& findings);

// The sysctls that checks::panics looks at: "kernel.panic_on_oops".
std::vector<std::string> panic_sysctls();

namespace checks {
// The kernel and its memory: doctor_kernel.cpp.
void kexec(const DoctorFacts& facts, Findings& findings);
void reservation(const DoctorFacts& facts, Findings& findings);
void armed(const DoctorFacts& facts, Findings& findings);
void signature(const DoctorFacts& facts, Findings& findings);
void command_line(const DoctorFacts& facts, Findings& findings);
void panics(const DoctorFacts& facts, Findings& findings);
// What is loaded and what would be: doctor_image.cpp.
void settings(const DoctorFacts& facts, Findings& findings);
void build(const DoctorFacts& facts, Findings& findings);
void fresh(const DoctorFacts& facts, Findings& findings);
void services(const DoctorFacts& facts, Findings& findings);
void state_room(const DoctorFacts& facts, Findings& findings);
// Where the dump goes: doctor_target.cpp.
void targets(const DoctorFacts& facts, Findings& findings);
} // namespace checks

} // namespace kdumpkit::admin
