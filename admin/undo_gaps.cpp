// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/undo_gaps.h"

#include "base/file.h"

#include <fmt/format.h>

namespace kdumpkit::admin {

Result<> note_gaps(const BootTree& tree, const ReservationRecord& record, BootPlan& plan) {
    for (const auto& [path, lines] : record.files) {
        if (tree.file(path) != nullptr)
            continue;
        // In a folder that is there it would be there as well.
        if (tree.folders.contains(parent_folder(path)) && !tree.unread.contains(path))
            plan.notes.push_back(fmt::format("{} is gone, and what kdumpkit wrote with it", path));
        else
            plan.unseen.push_back(path);
    }
    if (plan.unseen.empty()) {
        if (plan.loaders.empty())
            plan.notes.push_back(fmt::format("no boot loader's settings are left; if {} is still on the "
                                             "kernel's command line, take it away where that comes from",
                                             record.parameter));
        return {};
    }
    const std::string unseen = fmt::format("{}", fmt::join(plan.unseen, ", "));
    const std::string next = fmt::format("mount what has {}, and run this again; when that is gone for good, "
                                         "remove the record, {} of that system",
                                         unseen, ReservationRecord::path);
    if (plan.changes.empty())
        return fail(make_error(ErrorKind::absent, fmt::format("take {} out of", record.parameter), unseen,
                               "it cannot be read")
                        .then(next));
    plan.notes.push_back(fmt::format("{} cannot be read, and stays in the record", unseen));
    plan.by_hand.push_back(next);
    return {};
}

} // namespace kdumpkit::admin
