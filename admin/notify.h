// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "admin/journal.h"
#include "base/error.h"

#include <string>
#include <vector>

namespace kdumpkit::admin {

// What starts a program of record.notify for the dump in `folder`, with `fields` (the journal entry's) in its
// environment. With systemd it gets a unit of its own, after the network is up: kdumpkit-record.service has
// no network, and forbids what sending a mail takes.
std::vector<std::string> notification_command(const std::string& program, const std::string& folder,
                                              const JournalFields& fields, bool systemd_runs);

// Runs that. Without systemd the program has a minute.
Result<> notify(const std::string& program, const std::string& folder, const JournalFields& fields);

} // namespace kdumpkit::admin
