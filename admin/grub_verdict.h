// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kdumpkit::admin {

// What becomes of `parameter` in the command line that grub-mkconfig makes of its settings.
struct GrubVerdict {
    bool taken = false;              // the kernel would take it
    std::string winner, reason;      // otherwise: the file because of which, and how; for people
    bool lost = false;               // that file is read after the parameter's
    std::vector<std::string> doubts; // files that may set the command line in a way that is not followed
};
// Pure. `files`: paths and texts, in the order in which the shell reads them.
GrubVerdict judge_grub(const std::vector<std::pair<std::string, std::string>>& files,
                       std::string_view parameter);

} // namespace kdumpkit::admin
