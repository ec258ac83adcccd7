// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/last_resort.h"

#include "base/text.h"
#include "config/last_resort.h"

#include <algorithm>

namespace kdumpkit::capture {
namespace {

// UUIDs are written in either case, a vfat serial number in capitals.
bool holds(const std::vector<std::string>& list, const std::string& one) {
    return std::any_of(list.begin(), list.end(),
                       [&](const std::string& other) { return lower_case(other) == lower_case(one); });
}

} // namespace

std::vector<FoundFilesystem> find_filesystems(System& system) {
    std::vector<FoundFilesystem> found;
    for (const Disk& disk : system.disks())
        if (const auto filesystem = system.probe(disk.name))
            found.push_back({disk.name, *filesystem});
    return found;
}

std::vector<Target> last_resorts(const Settings& settings, const std::vector<FoundFilesystem>& found) {
    std::vector<Target> targets;
    std::vector<std::string> taken;
    for (const Target& target : settings.targets)
        taken.push_back(target.uuid());
    for (const auto& [disk, filesystem] : found) {
        if (!may_be_last_resort(settings, filesystem.uuid) || holds(taken, filesystem.uuid) ||
            !is_last_resort_type(filesystem.type))
            continue;
        taken.push_back(filesystem.uuid); // a mirror's two halves, or a disk and its snapshot
        targets.push_back(file_target(last_resort_folder, "UUID=" + filesystem.uuid, filesystem.type));
    }
    return targets;
}

} // namespace kdumpkit::capture
