// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/doctor.h"

#include "admin/doctor_checks.h"
#include "base/json.h"
#include "base/printable.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace kdumpkit::admin {
namespace {

constexpr std::array<Check, 12> every_check = {checks::settings,   checks::kexec,    checks::reservation,
                                               checks::armed,      checks::build,    checks::fresh,
                                               checks::signature,  checks::targets,  checks::command_line,
                                               checks::state_room, checks::services, checks::panics};

// An Error's message has its own next step, which comes before the check's.
void split_message(Finding& finding) {
    constexpr std::string_view mark = "\n  next: ";
    const std::size_t at = finding.reason.find(mark);
    if (at == std::string::npos)
        return;
    finding.mend = finding.reason.substr(at + mark.size()) + "; then " + finding.mend;
    finding.reason.resize(at);
}

} // namespace

std::string_view to_text(Severity severity) {
    switch (severity) {
    case Severity::good:
        return "good";
    case Severity::advice:
        return "advice";
    case Severity::unknown:
        return "unknown";
    case Severity::warning:
        return "warning";
    case Severity::critical:
        return "critical";
    }
    return "?";
}

std::vector<Finding> examine(const DoctorFacts& facts) {
    std::vector<Finding> findings;
    for (const Check check : every_check)
        check(facts, findings);
    for (Finding& finding : findings)
        split_message(finding);
    return findings;
}

Severity worst_of(const std::vector<Finding>& findings) {
    Severity worst = Severity::good;
    for (const Finding& finding : findings)
        worst = std::max(worst, finding.severity);
    return worst;
}

int doctor_exit_code(const std::vector<Finding>& findings) {
    const Severity worst = worst_of(findings);
    return worst == Severity::critical ? 11 : worst >= Severity::unknown ? 10 : exit_codes::success;
}

std::string findings_text(std::vector<Finding> findings, bool all) {
    std::stable_sort(findings.begin(), findings.end(),
                     [](const Finding& a, const Finding& b) { return a.severity > b.severity; });
    std::string text;
    std::size_t good = 0;
    for (const Finding& finding : findings) {
        good += finding.severity == Severity::good ? 1 : 0;
        if (finding.severity == Severity::good && !all)
            continue;
        text += fmt::format("{:<9} {}: {}\n", to_text(finding.severity), finding.check,
                            printable_lines(finding.reason));
        if (!finding.mend.empty())
            text += fmt::format("          next: {}\n", printable_lines(finding.mend));
    }
    switch (worst_of(findings)) {
    case Severity::critical:
        return text + "a panic now would leave no dump\n";
    case Severity::warning:
    case Severity::unknown:
        return text + "a capture may fail\n";
    case Severity::advice:
    case Severity::good:
        break;
    }
    return text + fmt::format("a panic would be captured, as far as can be seen: {} checks are good\n", good);
}

std::string findings_json(const std::vector<Finding>& findings) {
    nlohmann::ordered_json json{{"worst", to_text(worst_of(findings))},
                                {"findings", nlohmann::ordered_json::array()}};
    for (const Finding& finding : findings)
        json["findings"].push_back({{"check", finding.check},
                                    {"severity", to_text(finding.severity)},
                                    {"reason", finding.reason},
                                    {"mend", or_null(finding.mend)}});
    return json_text(json);
}

} // namespace kdumpkit::admin
