// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "admin/journal.h"
#include "config/dumps.h"

#include <set>
#include <string>
#include <string_view>

namespace kdumpkit::admin {

// The journal's entry about a dump.
JournalFields journal_entry(const Dump& dump);

// The folders that the journal was told of, one a line.
struct RecordedDumps {
    static constexpr const char* path = "/var/lib/kdumpkit/recorded";
    std::set<std::string> folders;
};
RecordedDumps parse_recorded(std::string_view text);
std::string to_text(const RecordedDumps& recorded);
// Pure. A clock that was not set makes a dump look old: one that was not told of `before` must not go before
// somebody could have heard of it.
bool only_looks_old(const Dump& dump, const RecordedDumps& before);

} // namespace kdumpkit::admin
