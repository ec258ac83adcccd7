// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "admin/doctor_facts.h"

#include <string>
#include <vector>

namespace kdumpkit::admin {

enum class Severity {
    good,
    advice,  // captures work, a panic of some kind would not be one
    unknown, // could not be looked at
    warning, // a capture may fail, or be older than the system
    critical // a panic now would leave no dump
};
std::string_view to_text(Severity severity);

struct Finding {
    std::string check; // "reservation"
    Severity severity = Severity::good;
    std::string reason; // one sentence without a final stop
    std::string mend;   // a command or an imperative sentence; empty when good
};

// Pure. What every check says, in a fixed order, at least one finding each.
std::vector<Finding> examine(const DoctorFacts& facts);

// The worst of them; `good` for none.
Severity worst_of(const std::vector<Finding>& findings);
// 0 up to `advice`, 10 for `unknown` and `warning`, 11 for `critical`: docs/exit-codes.md.
int doctor_exit_code(const std::vector<Finding>& findings);

// What is not good first, worst first. `all`: with what is good, one line each.
std::string findings_text(std::vector<Finding> findings, bool all);
std::string findings_json(const std::vector<Finding>& findings);

} // namespace kdumpkit::admin
