// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "config/settings.h"

#include <string>
#include <vector>

namespace kdumpkit::admin {

// kdumpkit's units that can be enabled, and those of other kdumps that load a capture kernel of their own.
inline const std::vector<std::string> our_units = {"kdumpkit.service", "kdumpkit-record.service",
                                                   "kdumpkit-online.target", "kdumpkit-forward.service"};
inline const std::vector<std::string> rival_units = {"kdump-tools.service", "kdump.service",
                                                     "kdump-early.service"};

// Those of ours that a machine with these settings needs: the network only with targets that are not here or
// a cluster that is to be told, who ships dumps only with servers to send to.
std::vector<std::string> needed_units(const Settings& settings);

// What systemctl says. Where there is none, `has_systemctl` is false and the rest empty.
struct Services {
    bool has_systemctl = false;
    bool running = false;               // systemd is the service manager now
    std::vector<std::string> installed; // of ours
    std::vector<std::string> enabled;   // of ours that are needed and installed
    std::vector<std::string> disabled;  // the same
    std::vector<std::string> rivals;    // enabled or active
};
Services look_at_services(bool systemd_runs, const std::vector<std::string>& needed);

// systemctl VERB UNITS.
Result<> change_services(const std::vector<std::string>& verb, const std::vector<std::string>& units);

} // namespace kdumpkit::admin
