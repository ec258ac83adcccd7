// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "capture/send/store.h"

#include <optional>
#include <string>

namespace kdumpkit::send {

// "stored 1.2 GiB at sftp://… in 12.3 s, 100 MiB/s; resumed at 5242880".
std::string stored_text(const Stored& stored, double seconds);
// What --json says; `trouble` when it was not stored.
std::string report_json(const std::string& url, const Stored& stored, double seconds,
                        const std::optional<Trouble>& trouble);

} // namespace kdumpkit::send
