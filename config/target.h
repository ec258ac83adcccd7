// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <string>
#include <string_view>

namespace kdumpkit {

// A place for dumps, written as a URL:
//   file:///FOLDER?fs=UUID=…&type=ext4
// FOLDER is relative to the root of that filesystem, not of the running system. `fs` and `type` may be left
// out on the machine itself: `kdumpkit build` then finds the filesystem that holds FOLDER and freezes both.
struct Target {
    std::string
        folder; // absolute inside its filesystem, "/" or without a trailing slash, no "." or ".." in it
    std::string filesystem; // "UUID=…", or empty: not resolved yet
    std::string type;       // filesystem type for mount(2), or empty: not known yet

    [[nodiscard]] bool resolved() const { return !filesystem.empty() && !type.empty(); }
    // The filesystem's UUID without its "UUID=", empty when unresolved.
    [[nodiscard]] std::string uuid() const;
    // The URL again; parse_target(url()) gives an equal target.
    [[nodiscard]] std::string url() const;
    friend bool operator==(const Target&, const Target&) = default;
};

// `invalid` names the part of the URL that is wrong; a scheme that is known but not handled yet is
// `unsupported`.
Result<Target> parse_target(std::string_view url);

} // namespace kdumpkit
