// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/pruning.h"

#include "admin/capture_image.h"
#include "admin/forward.h"
#include "base/file.h"

#include <sys/utsname.h>

namespace kdumpkit::admin {

std::set<std::string> names_of_this_machine() {
    std::set<std::string> names;
    utsname system{};
    if (::uname(&system) == 0)
        names.insert(system.nodename);
    if (const auto image = parse_image_record(read_text(ImageRecord::path).value_or(std::string()));
        image && !image->host.empty()) {
        names.insert(image->host);
        names.insert(image->former_hosts.begin(), image->former_hosts.end());
    }
    return names;
}

Pruning plan_pruning(const std::vector<Dump>& dumps, const Settings& settings, std::int64_t now,
                     const std::function<bool(const Dump&)>& must_stay) {
    const auto waits = [&](const Dump& dump) { return !servers_without(dump, dumps, settings).empty(); };
    const auto stays = [&](const Dump& dump) { return (must_stay && must_stay(dump)) || waits(dump); };
    Pruning pruning{choose_removals(dumps, settings.retention, now, stays), {}};
    for (const Removal& removal : choose_removals(dumps, settings.retention, now, must_stay))
        if (waits(*removal.dump))
            pruning.waiting.push_back(removal.dump);
    return pruning;
}

} // namespace kdumpkit::admin
