// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/log.h"
#include "makedumpfile-lite/kernel/vmlinux.h"

#include <memory>
#include <string>
#include <vector>

namespace kdumpkit::dump {

// What is known of the crashed kernel besides its image.
struct KernelSources {
    std::string vmcoreinfo; // the text of one, for an image that has none
    std::string layout;     // the text of a layout file
    std::string layout_name;
    std::shared_ptr<const Vmlinux> vmlinux;
    std::vector<std::string> warnings; // what could not be read and can be done without
};

struct KernelFiles {
    std::string vmcoreinfo; // empty: none
    std::string layout;
    std::string vmlinux;
};

// A layout file that cannot be read is a warning: it only ever saves work. The others are errors.
Result<KernelSources> read_kernel_sources(const KernelFiles& files);

} // namespace kdumpkit::dump
