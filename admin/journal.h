// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kdumpkit::admin {

// The journal's message IDs of kdumpkit; packaging/kdumpkit.catalog explains them to journalctl -x.
namespace message_ids {
inline constexpr const char* captured = "145cb7f9c6dc45e69adc4aaaea6c34fd";        // a panic was captured
inline constexpr const char* captured_partly = "9226700a04a44996b942281e7489e653"; // only in part
inline constexpr const char* not_armed = "99087ac26ac64076a8690528e763939f";       // arming failed
} // namespace message_ids

// Name (capital letters, digits, underscores) and value.
using JournalFields = std::vector<std::pair<std::string, std::string>>;

// Pure: the datagram for journald. Source: systemd's "Native Journal Protocol" document. That it is thirty
// lines is why kdumpkit does without libsystemd.
std::string journal_datagram(const JournalFields& fields);

// Sends it. `absent` where no journal listens.
Result<> send_to_journal(const JournalFields& fields,
                         const std::string& socket_path = "/run/systemd/journal/socket");

} // namespace kdumpkit::admin
