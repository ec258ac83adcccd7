// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/inside_root.h"

#include <cerrno>
#include <deque>
#include <filesystem>

namespace kdumpkit {

namespace fs = std::filesystem;

Result<std::string> inside_root(const std::string& root, const std::string& path) {
    if (root.empty())
        return path;
    constexpr int most_links = 40; // the kernel's own limit, path_resolution(7)
    const fs::path whole(path);
    std::deque<fs::path> ahead(whole.begin(), whole.end());
    fs::path inside;
    for (int links = 0; !ahead.empty();) {
        const fs::path part = ahead.front();
        ahead.pop_front();
        if (part == "/") // where the path or an absolute link begins
            inside.clear();
        else if (part == "..")
            inside = inside.parent_path();
        if (part.empty() || part == "/" || part == "." || part == "..")
            continue;
        std::error_code no_link;
        const fs::path link = fs::read_symlink(fs::path(root) / inside / part, no_link);
        if (no_link) {
            inside /= part;
            continue;
        }
        if (++links > most_links)
            return fail(system_error("follow the links of", root + path, ELOOP));
        ahead.insert(ahead.begin(), link.begin(), link.end());
    }
    return (fs::path(root) / inside).string();
}

} // namespace kdumpkit
