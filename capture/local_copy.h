// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "capture/chain.h"

#include <cstddef>
#include <string>
#include <vector>

namespace kdumpkit::capture {

// What a target of this machine got, a whole dump or first words.
struct LocalCopy {
    const Target* target;
    std::size_t number; // of the target, from 0
    std::string folder; // the name of the dump's folder
};

// Leaves the places of servers that took the whole dump beside it (config/dumps.h: mark_shipped), mounting
// its filesystem at capture.mount_point for that.
Result<> note_servers_in(Capture& capture, const LocalCopy& copy, const std::vector<std::string>& servers);

} // namespace kdumpkit::capture
