// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/doctor_checks.h"
#include "base/progress.h"

#include <algorithm>

#include <fmt/format.h>

namespace kdumpkit::admin::checks {

void settings(const DoctorFacts& facts, Findings& findings) {
    if (facts.settings_error.empty())
        findings.push_back({"settings", Severity::good, "they are good", ""});
    else
        findings.push_back({"settings", Severity::critical, facts.settings_error, "kdumpkit config check"});
}

void build(const DoctorFacts& facts, Findings& findings) {
    for (const std::string& warning : facts.build_warnings)
        findings.push_back(
            {"build", Severity::warning, warning, "kdumpkit arm --rebuild says what came of it"});
    if (!facts.build_error.empty())
        // An earlier initramfs may be armed all the same.
        findings.push_back({"build", facts.kernel.armed ? Severity::warning : Severity::critical,
                            facts.build_error, "kdumpkit arm"});
    else if (!facts.settings_error.empty())
        findings.push_back({"build", Severity::unknown,
                            "the settings cannot be used, so nothing was looked at that they ask for",
                            "kdumpkit config check"});
    else if (!facts.privileged)
        findings.push_back({"build", Severity::unknown, "the disks cannot be looked at without root",
                            "kdumpkit doctor as root"});
    else if (facts.build_warnings.empty())
        findings.push_back(
            {"build", Severity::good, "all modules, programs and disks that a capture needs are here", ""});
}

void fresh(const DoctorFacts& facts, Findings& findings) {
    const auto say = [&](Severity severity, std::string reason, std::string mend = {}) {
        findings.push_back({"initramfs", severity, std::move(reason), std::move(mend)});
    };
    if (!facts.stale)
        return say(Severity::unknown, "whether the capture initramfs is fresh could not be found out",
                   "kdumpkit arm --dry-run");
    if (!facts.stale->empty())
        return say(facts.image ? Severity::warning : Severity::critical,
                   fmt::format("the capture initramfs is not up to date: {}", fmt::join(*facts.stale, "; ")),
                   "kdumpkit arm");
    if (facts.image && facts.arm && facts.image->built_at > facts.arm->at)
        return say(Severity::warning, "the capture initramfs was made anew and is not loaded",
                   "kdumpkit arm");
    say(Severity::good, "it is made of what is on the disk now");
}

void services(const DoctorFacts& facts, Findings& findings) {
    const Services& services = facts.services;
    const auto say = [&](Severity severity, std::string reason, std::string mend = {}) {
        findings.push_back({"services", severity, std::move(reason), std::move(mend)});
    };
    const std::size_t before = findings.size();
    if (!services.rivals.empty())
        say(Severity::warning,
            fmt::format("{} loads a capture kernel of its own", fmt::join(services.rivals, ", ")),
            "kdumpkit setup --take-over");
    if (!services.has_systemctl)
        say(Severity::advice, "there is no systemd: nothing arms at the next boot",
            "run kdumpkit arm at each boot");
    else if (services.installed.empty())
        say(Severity::warning, "kdumpkit.service is not installed: nothing arms at the next boot",
            "install kdumpkit with its units");
    else if (!services.disabled.empty())
        // Without the network at boot a remote target's way is not found.
        say(std::any_of(services.disabled.begin(), services.disabled.end(),
                        [](const std::string& unit) {
                            return unit == "kdumpkit.service" || unit == "kdumpkit-online.target";
                        })
                ? Severity::warning
                : Severity::advice,
            fmt::format("{} is not enabled", fmt::join(services.disabled, ", ")), "kdumpkit setup");
    if (findings.size() == before)
        say(Severity::good, "kdumpkit.service arms at each boot");
}

void state_room(const DoctorFacts& facts, Findings& findings) {
    // The new initramfs is written beside the old one.
    const std::uint64_t wanted = 2 * (facts.image ? facts.image->bytes : std::uint64_t{16} << 20);
    if (facts.state_free && *facts.state_free < wanted)
        findings.push_back({"room", Severity::warning,
                            fmt::format("/var/lib/kdumpkit has {} free; an initramfs may take {}",
                                        human_bytes(*facts.state_free), human_bytes(wanted)),
                            "free room in /var"});
    else
        findings.push_back({"room", facts.state_free ? Severity::good : Severity::unknown,
                            facts.state_free ? "there is room for a new initramfs"
                                             : "the room in /var/lib/kdumpkit could not be seen",
                            facts.state_free ? "" : "df /var"});
}

} // namespace kdumpkit::admin::checks
