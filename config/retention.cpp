// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/retention.h"

#include "base/progress.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <string_view>

#include <fmt/format.h>

namespace kdumpkit {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view leftover = ".removing-";
constexpr std::int64_t day = 86400;

Result<> remove_tree(const fs::path& path) {
    std::error_code error;
    fs::remove_all(path, error); // links inside are removed, not followed
    if (error)
        return fail(system_error("remove", path, error.value()).from(ErrorSide::destination));
    return {};
}

} // namespace

std::vector<Removal> choose_removals(const std::vector<Dump>& dumps, const Retention& retention,
                                     std::int64_t now, const std::function<bool(const Dump&)>& must_stay) {
    const std::vector<const Dump*> ordered = newest_first(dumps, now);
    const auto newest_complete = std::find_if(ordered.begin(), ordered.end(), [](const Dump* dump) {
        return dump->complete && dump->device.empty();
    });
    const auto stays = [&](const Dump& dump) {
        return (newest_complete != ordered.end() && &dump == *newest_complete) ||
               (must_stay && must_stay(dump));
    };
    const std::uint64_t room = std::uint64_t{retention.gib} << 30;
    // Those that stay in any case have their room first.
    std::uint64_t taken = 0;
    for (const Dump& dump : dumps)
        if (dump.device.empty() && stays(dump))
            taken += dump.disk_bytes;
    std::set<std::string_view> kept; // panics: copies of one on two targets have the same name
    bool full = false;               // after the first that does not fit, older ones do not slip in
    std::vector<Removal> removals;
    for (const Dump* dump : ordered) {
        if (!dump->device.empty()) // the next dump takes its place without being asked
            continue;
        if (stays(*dump)) {
            kept.insert(dump->name);
            continue;
        }
        std::string reason;
        if (retention.days != 0 && now - dump->utc > std::int64_t{retention.days} * day)
            reason = fmt::format("older than {} days", retention.days);
        else if (retention.count != 0 && kept.size() >= retention.count && !kept.contains(dump->name))
            reason = fmt::format("more than {} dumps", retention.count);
        else if (retention.gib != 0 && (full || taken + dump->disk_bytes > room)) {
            full = true;
            reason = fmt::format("all together take more than {} GiB", retention.gib);
        }
        if (reason.empty()) {
            kept.insert(dump->name);
            taken += dump->disk_bytes;
        } else {
            removals.push_back({dump, reason});
        }
    }
    std::reverse(removals.begin(), removals.end());
    return removals;
}

Result<> remove_dump(const Dump& dump) {
    const fs::path from = dump.folder;
    const fs::path to = from.parent_path() / (std::string(leftover) + dump.name);
    std::error_code error;
    fs::rename(from, to, error);
    if (error)
        return fail(system_error("remove", dump.folder, error.value()).from(ErrorSide::destination));
    return remove_tree(to);
}

Result<> remove_leftovers(const std::vector<std::string>& folders) {
    for (const std::string& folder : folders) {
        std::error_code error;
        std::vector<fs::path> found;
        for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
            const std::string name = it->path().filename();
            if (name.starts_with(leftover) && time_in_name(name.substr(leftover.size())))
                found.push_back(it->path());
        }
        for (const fs::path& path : found)
            KDK_TRY(remove_tree(path));
    }
    return {};
}

} // namespace kdumpkit
