// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/log.h"
#include "config/dumps.h"
#include "config/settings.h"

#include <string>
#include <vector>

namespace kdumpkit::admin {

// One dump on its way to one server.
struct Shipment {
    const Dump* dump;
    Target target;
    std::vector<Dump::File> files;   // small ones first
    std::vector<const Dump*> others; // of the same panic, which the target then has no use for
};

// Pure: the servers of the settings that do not have this dump, complete or partial, and are to get it. Of
// `dumps` with one name, which are of one panic, only the best goes; one that was taken off a raw partition
// by hand does not.
std::vector<Target> servers_without(const Dump& dump, const std::vector<Dump>& dumps,
                                    const Settings& settings);

// Pure: what is to be shipped, oldest first.
std::vector<Shipment> plan_shipments(const std::vector<Dump>& dumps, const Settings& settings);

// Brings it there, by `sender` (kdump-send) or into a mounted export, goes on where an earlier try ended, and
// marks the dump and the others as shipped there. One process at a time: the dump's folder or partition is
// locked (flock(2)).
Result<> ship(const Shipment& shipment, const std::string& sender, const Log& log);

} // namespace kdumpkit::admin
