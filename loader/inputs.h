// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "loader/image/open.h"
#include "loader/machine.h"

#include <optional>
#include <string>

namespace kdumpkit::loader {

// The files' bytes as they were given, which must outlive what is made from them, and their paths for
// messages. A file without a name was not given.
struct LoadFiles {
    Bytes kernel;
    std::string kernel_name;
    Bytes initrd;
    std::string initrd_name;
    Bytes dtb = {};
    std::string dtb_name = {};
};

// What will be loaded: the kernel out of its wrappings, and what came with it in a unified image where
// nothing was given instead. Spans are empty for what there is not.
struct Inputs {
    OpenedImage image;
    Bytes initrd, dtb;
    bool initrd_carried = false;                     // it came out of the kernel's file
    std::optional<std::string> carried_command_line; // the unified image's
};

enum class InitrdNeed { required, optional };

// Pure. `unsupported` on other machines than x86_64; the errors of open_image(); `absent` without a needed
// initrd, `corrupt` or `invalid` for one that is empty or something else, and for a dtb that is none.
Result<Inputs> open_inputs(const Machine& machine, const LoadFiles& files, InitrdNeed need);

} // namespace kdumpkit::loader
