// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <optional>
#include <string>
#include <string_view>

namespace kdumpkit::loader {

// What a unified kernel image carries (uapi-group.org, "Unified Kernel Image"). Points into the file.
// Microcode (.ucode) is not taken: the CPUs keep theirs over a kexec. Of an image with several profiles it is
// the base and the first profile.
struct UnifiedImage {
    Bytes kernel;                            // .linux
    std::optional<Bytes> initrd;             // .initrd
    std::optional<std::string> command_line; // .cmdline, on one line
    std::optional<Bytes> dtb;                // .dtb
    std::string_view os_release;             // .osrel, KEY=VALUE lines
    std::string_view release;                // .uname
};

// `corrupt` when the file ends inside one of these sections or .linux is empty, `invalid` when it is none.
Result<UnifiedImage> parse_unified(Bytes file, const std::string& name);

} // namespace kdumpkit::loader
