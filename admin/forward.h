// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/log.h"
#include "config/dumps.h"
#include "config/settings.h"

#include <string>
#include <vector>

namespace kdumpkit::admin {

// One file on its way to one server.
struct Shipment {
    const Dump* dump;
    std::string url;
    std::vector<std::string> files; // names in the dump's folder, small ones first
};

// Pure: the dumps, complete or partial, that a server of the settings does not have yet, oldest first.
std::vector<Shipment> plan_shipments(const std::vector<Dump>& dumps, const Settings& settings);

// Sends it with kdump-send, which goes on where an earlier try ended, and marks the dump as shipped there.
// One process at a time: the dump's folder is locked (flock(2)).
Result<> ship(const Shipment& shipment, const std::string& sender, const Log& log);

} // namespace kdumpkit::admin
