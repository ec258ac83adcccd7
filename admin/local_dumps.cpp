// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/local_dumps.h"

#include "admin/local_folders.h"
#include "base/file.h"

#include <filesystem>

#include <fmt/format.h>

namespace kdumpkit::admin {

Result<LocalDumps> find_local_dumps(const Settings& settings) {
    LocalFolders local = find_local_folders(settings);
    LocalDumps found{std::move(local.paths), {}, {}};
    for (const UnseenTarget& target : local.unseen)
        found.unseen.push_back(fmt::format("{}: {}", target.url, target.reason));
    KDK_ASSIGN(found.dumps, find_dumps(found.folders));
    for (const Target& target : settings.targets) {
        if (target.info().carrier != Carrier::device)
            continue;
        if (auto dump = find_raw_dump(target.path))
            found.dumps.push_back(*std::move(dump));
        // What is not there, or somebody else's, is not a dump.
        else if (dump.error().kind != ErrorKind::absent)
            found.unseen.push_back(dump.error().message());
    }
    put_in_order(found.dumps);
    return found;
}

Result<std::vector<Dump>> find_named_dumps(const std::vector<std::string>& folders) {
    for (const std::string& folder : folders) {
        const bool there = file_exists(folder);
        std::error_code error;
        if (!there || !std::filesystem::is_directory(folder, error))
            return fail(make_error(there ? ErrorKind::invalid : ErrorKind::absent, "list the dumps in",
                                   folder, there ? "it is no folder" : "there is no such folder")
                            .then("name a folder that has dumps, or leave --folder out"));
    }
    return find_dumps(folders);
}

} // namespace kdumpkit::admin
