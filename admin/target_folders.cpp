// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/target_folders.h"

#include "base/file.h"

#include <filesystem>

namespace kdumpkit::admin {
namespace {

namespace fs = std::filesystem;

bool is_missing_folder(const Target& target) {
    std::error_code error;
    return target.scheme == Scheme::file && target.value("fs").empty() && !fs::exists(target.path, error);
}

} // namespace

Result<> make_target_folders(const Settings& settings) {
    for (const Target& target : settings.targets) {
        if (!is_missing_folder(target))
            continue;
        std::error_code error;
        fs::create_directories(target.path, error);
        if (!error)
            fs::permissions(target.path, fs::perms::owner_all, error);
        if (error)
            return fail(system_error("make the folder", target.path, error.value())
                            .then("make it, or name another target in the settings"));
    }
    return {};
}

std::vector<std::string> visible_targets(const Settings& settings) {
    std::vector<std::string> urls;
    for (Target target : settings.targets) {
        while (is_missing_folder(target))
            target.path = parent_folder(target.path);
        urls.push_back(target.url());
    }
    return urls;
}

} // namespace kdumpkit::admin
