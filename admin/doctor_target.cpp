// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/doctor_checks.h"
#include "base/progress.h"

#include <fmt/format.h>

namespace kdumpkit::admin::checks {
namespace {

Finding remote_target(const TargetFacts& target) {
    const std::string try_it = target.carrier == Carrier::network_filesystem
                                   ? "mount it, and write a file there"
                                   : fmt::format("kdump-send --probe '{}'", target.url);
    if (!target.reached)
        return {"target", Severity::unknown, fmt::format("{} was not tried: {}", target.url, target.probe),
                try_it};
    if (!*target.reached)
        return {"target", Severity::critical,
                fmt::format("{} cannot be reached: {}", target.url, target.probe), try_it};
    return {"target", Severity::good,
            target.carrier == Carrier::network_filesystem
                ? fmt::format("the server of {} answers; {}", target.url, target.probe)
                : fmt::format("{} answers", target.url),
            ""};
}

Finding room_in(const TargetFacts& target, const DoctorFacts& facts) {
    if (!target.free_bytes || !facts.dump_bytes)
        return {"target", Severity::unknown, fmt::format("the room in {} could not be seen", target.folder),
                fmt::format("df {}", target.folder)};
    const std::string room =
        fmt::format("{} has {} free; the next dump may take {} ({})", target.folder,
                    human_bytes(*target.free_bytes), human_bytes(*facts.dump_bytes), facts.dump_bytes_from);
    const std::string mend = "kdumpkit prune, or name another target in the settings";
    // Compression alone makes a dump several times smaller than its pages.
    if (*target.free_bytes < *facts.dump_bytes / 8)
        return {"target", Severity::critical, room, mend};
    if (*target.free_bytes < *facts.dump_bytes)
        return {"target", Severity::warning, room, mend};
    return {"target", Severity::good, room, ""};
}

Finding local_target(const TargetFacts& target, const DoctorFacts& facts) {
    if (target.encrypted)
        return {"target", Severity::critical,
                fmt::format("{} lies on an encrypted device, whose key the capture kernel does not have",
                            target.url),
                "name a target that is not encrypted, such as a folder of /boot or of another disk"};
    if (target.in_memory)
        return {"target", Severity::critical,
                fmt::format("{} lies in memory (a tmpfs): the capture kernel does not have it, and a reboot "
                            "empties it",
                            target.url),
                "name a folder on a disk in the settings, such as target = \"file:///var/crash\""};
    if (!target.unseen.empty())
        return {
            "target", Severity::warning, fmt::format("{} cannot be looked at: {}", target.url, target.unseen),
            target.mend.empty() ? "attach or mount it, or name another target in the settings" : target.mend};
    if (!target.occupied_by.empty())
        return {"target", Severity::critical,
                fmt::format("{} holds the dump {}, which nobody has taken off it", target.url,
                            target.occupied_by),
                fmt::format("kdumpkit extract {} /var/crash", target.folder)};
    if (target.read_only)
        return {"target", Severity::warning,
                fmt::format("the filesystem of {} is mounted read-only", target.folder),
                "look for errors of that disk in the kernel's log"};
    return room_in(target, facts);
}

} // namespace

void targets(const DoctorFacts& facts, Findings& findings) {
    for (const TargetFacts& target : facts.targets)
        findings.push_back(target.carrier == Carrier::sender || target.carrier == Carrier::network_filesystem
                               ? remote_target(target)
                               : local_target(target, facts));
    if (facts.targets.empty())
        findings.push_back({"target", Severity::unknown, "the settings name none that could be read",
                            "kdumpkit config check"});
}

} // namespace kdumpkit::admin::checks
