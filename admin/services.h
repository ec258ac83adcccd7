// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <string>
#include <vector>

namespace kdumpkit::admin {

// kdumpkit's units that are enabled, and those of other kdumps that load a capture kernel of their own.
inline const std::vector<std::string> our_units = {"kdumpkit.service", "kdumpkit-record.service"};
inline const std::vector<std::string> rival_units = {"kdump-tools.service", "kdump.service",
                                                     "kdump-early.service"};

// What systemctl says. Where there is none, `has_systemctl` is false and the rest empty.
struct Services {
    bool has_systemctl = false;
    bool running = false;               // systemd is the service manager now
    std::vector<std::string> installed; // of ours
    std::vector<std::string> disabled;  // of ours that are installed
    std::vector<std::string> rivals;    // enabled or active
};
Services look_at_services(bool systemd_runs);

// systemctl VERB UNITS.
Result<> change_services(const std::vector<std::string>& verb, const std::vector<std::string>& units);

} // namespace kdumpkit::admin
