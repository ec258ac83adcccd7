// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "admin/boot_tree.h"
#include "admin/line_edits.h"
#include "admin/reservation_record.h"
#include "base/error.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::admin {

struct FileChange {
    std::string path;
    std::string before, after;
    bool exists = true;  // before
    bool remove = false; // afterwards it is gone
    LineEdits lines;     // that change
};
// How the kernel's command line is changed for the next boots.
struct BootPlan {
    std::vector<std::string> loaders;               // "GRUB", "boot loader entries", "extlinux"
    std::vector<FileChange> changes;                // only files whose text changes
    std::vector<std::vector<std::string>> commands; // to run afterwards
    std::vector<std::vector<std::string>> held;     // the same where no file changes, see resume_commands()
    std::vector<std::string> notes;
    std::map<std::string, LineEdits> kept; // of files: lines that have the parameter already
    std::vector<std::string> by_hand;      // what is left to do before the reboot
    std::vector<std::string> unseen;       // files of the record that undo could not look at
};

// Pure. `parameter`: "crashkernel=192M". `absent` for a system none of whose boot loaders is known, naming
// what was looked for; `invalid` where another file of GRUB's would bring it to nothing, naming that.
Result<BootPlan> plan_boot(const BootTree& tree, std::string_view parameter);
// Pure. Where kdumpkit's parameter still is, what was there before comes back; other files stay. What is no
// longer as kdumpkit wrote it, or is gone, is in the notes. `absent` where none of the files can be seen, and
// one of them may only lie on a disk that is not mounted.
Result<BootPlan> plan_undo(const BootTree& tree, const ReservationRecord& record);
// Pure. Whether the next boot would have it; true for what cannot be read.
bool stands(const BootTree& tree, std::string_view parameter);

} // namespace kdumpkit::admin
