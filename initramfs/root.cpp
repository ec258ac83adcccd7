// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/root.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <deque>

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kdumpkit::initramfs {
namespace {

constexpr int most_links = 40;

void push_parts(std::deque<std::string>& parts, std::string_view path, bool in_front) {
    std::vector<std::string> fresh;
    while (!path.empty()) {
        const auto slash = path.find('/');
        const std::string_view part = path.substr(0, slash);
        if (!part.empty() && part != ".")
            fresh.emplace_back(part);
        if (slash == std::string_view::npos)
            break;
        path.remove_prefix(slash + 1);
    }
    parts.insert(in_front ? parts.begin() : parts.end(), fresh.begin(), fresh.end());
}

void drop_last(std::string& path) {
    const auto slash = path.rfind('/');
    path.resize(slash == std::string::npos ? 0 : slash);
}

} // namespace

std::string normal_path(std::string_view path) {
    std::deque<std::string> parts;
    push_parts(parts, path, false);
    std::string normal;
    for (const std::string& part : parts) {
        if (part == "..")
            drop_last(normal);
        else
            normal += "/" + part;
    }
    return normal.empty() ? "/" : normal;
}

Root::Root(std::string folder) : folder_(std::move(folder)) {
    while (!folder_.empty() && folder_.back() == '/')
        folder_.pop_back();
}

std::string Root::host_path(std::string_view path) const {
    const std::string inside = normal_path(path);
    return inside == "/" && !folder_.empty() ? folder_ : folder_ + inside;
}

Result<std::string> Root::resolve(std::string_view path) const {
    std::deque<std::string> parts;
    push_parts(parts, path, false);
    std::string inside;
    int links = 0;
    while (!parts.empty()) {
        const std::string part = std::move(parts.front());
        parts.pop_front();
        if (part == "..") {
            drop_last(inside);
            continue;
        }
        const std::string here = folder_ + inside + "/" + part;
        struct stat status {};
        if (::lstat(here.c_str(), &status) != 0)
            return fail(system_error("look up", host_path(path), errno));
        if (!S_ISLNK(status.st_mode)) {
            inside += "/" + part;
            continue;
        }
        if (++links > most_links)
            return fail(ErrorKind::invalid, "look up", host_path(path), "too many symbolic links");
        char text[PATH_MAX];
        const ssize_t length = ::readlink(here.c_str(), text, sizeof text);
        if (length < 0)
            return fail(system_error("read the link", here, errno));
        const std::string_view link(text, static_cast<std::size_t>(length));
        if (link.starts_with('/'))
            inside.clear();
        push_parts(parts, link, true);
    }
    if (inside.empty())
        return folder_.empty() ? std::string("/") : folder_;
    return folder_ + inside;
}

bool Root::exists(std::string_view path) const {
    return resolve(path).has_value();
}

std::vector<std::string> Root::names(std::string_view path) const {
    std::vector<std::string> found;
    const auto folder = resolve(path);
    if (!folder)
        return found;
    DIR* listing = ::opendir(folder->c_str());
    if (listing == nullptr)
        return found;
    while (const dirent* entry = ::readdir(listing)) {
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..")
            found.emplace_back(name);
    }
    ::closedir(listing);
    std::sort(found.begin(), found.end());
    return found;
}

} // namespace kdumpkit::initramfs
