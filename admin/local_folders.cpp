// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/local_folders.h"

#include "base/file.h"
#include "initramfs/devices.h"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>

namespace kdumpkit::admin {
namespace {

// proc(5): blank, tab, line break and backslash are written as \ooo.
std::string unescaped(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto digit = [&](std::size_t at) {
            return at < text.size() && text[at] >= '0' && text[at] <= '7' ? text[at] - '0' : -1;
        };
        if (text[i] == '\\' && digit(i + 1) >= 0 && digit(i + 2) >= 0 && digit(i + 3) >= 0) {
            out += static_cast<char>(digit(i + 1) * 64 + digit(i + 2) * 8 + digit(i + 3));
            i += 3;
        } else {
            out += text[i];
        }
    }
    return out;
}

} // namespace

std::optional<std::string> mounted_path(std::string_view mountinfo, std::string_view device_number,
                                        std::string_view device, std::string_view folder) {
    std::istringstream lines{std::string(mountinfo)};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string id, parent, number, root, point, word, type, source;
        words >> id >> parent >> number >> root >> point;
        while (words >> word && word != "-") {
        }
        words >> type >> source;
        if (number != device_number && unescaped(source) != device)
            continue;
        root = unescaped(root);
        point = unescaped(point);
        const std::string inside = root == "/" ? "" : root; // what of the filesystem this mount shows
        if (!folder.starts_with(inside) || (folder.size() > inside.size() && folder[inside.size()] != '/'))
            continue;
        const std::string path = (point == "/" ? "" : point) + std::string(folder.substr(inside.size()));
        return path.empty() ? "/" : path;
    }
    return std::nullopt;
}

LocalFolders find_local_folders(const Settings& settings) {
    LocalFolders found;
    const std::string mountinfo = read_text("/proc/self/mountinfo").value_or(std::string());
    for (const Target& target : settings.targets) {
        if (target.filesystem.empty()) {
            found.paths.push_back(target.folder);
            continue;
        }
        const auto device = initramfs::find_device_by_uuid(target.uuid());
        const auto number = device ? initramfs::device_number(*device) : Result<initramfs::DeviceNumber>{};
        const auto path = device && number
                              ? mounted_path(mountinfo, fmt::format("{}:{}", number->major, number->minor),
                                             *device, target.folder)
                              : std::nullopt;
        if (path)
            found.paths.push_back(*path);
        else
            found.unseen.push_back(fmt::format(
                "{}: {}", target.url(), device ? "its filesystem is not mounted" : device.error().reason));
    }
    return found;
}

} // namespace kdumpkit::admin
