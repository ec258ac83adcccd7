// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::initramfs {

// "/a//b/../c/" to "/a/c"; always absolute, ".." stops at "/". Purely textual, links are not followed.
std::string normal_path(std::string_view path);

// A folder looked at as if it were "/": absolute links inside it stay inside it, ".." never leaves it. The
// tree is only read. Not safe against somebody who changes the tree meanwhile.
class Root {
  public:
    // "" and "/" are the running system.
    explicit Root(std::string folder);

    [[nodiscard]] const std::string& folder() const { return folder_; }
    [[nodiscard]] bool is_running_system() const { return folder_.empty(); }
    // How a path inside the tree is written for people and for open(2); no link is followed.
    [[nodiscard]] std::string host_path(std::string_view path) const;
    // The same after every link has been followed: something that exists. `absent` when nothing is there,
    // `invalid` after 40 links (the kernel's own limit, path_resolution(7)).
    [[nodiscard]] Result<std::string> resolve(std::string_view path) const;
    [[nodiscard]] bool exists(std::string_view path) const;
    // Names in a folder, sorted, without "." and ".."; empty when it cannot be read.
    [[nodiscard]] std::vector<std::string> names(std::string_view path) const;

  private:
    std::string folder_;
};

} // namespace kdumpkit::initramfs
