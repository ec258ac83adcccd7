// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::admin {

// The files of a system that matter to boot loaders: their texts by their paths, and which folders and
// programs there are.
struct BootTree {
    std::map<std::string, std::string> files;
    std::set<std::string> folders, programs;

    [[nodiscard]] const std::string* file(const std::string& path) const {
        const auto found = files.find(path);
        return found == files.end() ? nullptr : &found->second;
    }
};
// Reads them below `root` ("" for the running system).
BootTree read_boot_tree(const std::string& root);

// What `kdumpkit reserve` notes down for --undo.
struct ReservationRecord {
    static constexpr const char* path = "/var/lib/kdumpkit/reservation.json";
    std::string parameter;                      // "crashkernel=192M"
    std::map<std::string, std::string> earlier; // file to its crashkernel= words before kdumpkit
    friend bool operator==(const ReservationRecord&, const ReservationRecord&) = default;
};

struct FileChange {
    std::string path;
    std::string before, after;
    bool exists = true;  // before
    bool remove = false; // afterwards it is gone
    std::string words;   // the crashkernel= words that are replaced
};
// How the kernel's command line is changed for the next boots.
struct BootPlan {
    std::vector<std::string> loaders;               // "GRUB", "boot loader entries", "extlinux"
    std::vector<FileChange> changes;                // only files whose text changes
    std::vector<std::vector<std::string>> commands; // to run afterwards
    std::vector<std::string> notes;
};

// Pure. `parameter`: "crashkernel=192M". `absent` for a system none of whose boot loaders is known, naming
// what was looked for.
Result<BootPlan> plan_boot(const BootTree& tree, std::string_view parameter);
// Pure. Where kdumpkit's parameter still is, what was there before comes back; other files stay.
Result<BootPlan> plan_undo(const BootTree& tree, const ReservationRecord& record);

// The record of a plan that is carried out: what was there before kdumpkit's first change.
ReservationRecord record_of(const BootPlan& plan, std::string parameter,
                            const std::optional<ReservationRecord>& before);

} // namespace kdumpkit::admin
