// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "initramfs/closure.h"
#include "initramfs/root.h"

#include <string>
#include <vector>

namespace kdumpkit::initramfs {

// The programs of the capture initramfs and the root that their libraries are taken from.
struct CapturePrograms {
    Program supervisor; // kdump-capture, runs as /init
    Program collector;  // makedumpfile-lite
    Root libraries{""};
};

// Looked for in `folder` alone when it is not empty; otherwise in `root` where a package puts them; otherwise
// beside this very program, in its build folder or its installation. Only what is found in `root` uses the
// libraries of `root`. `absent` says where it looked.
Result<CapturePrograms> find_programs(const std::string& folder, const Root& root);

// Another program, in the first of the folders of `root` that has it; `absent` says where it looked.
Result<Program> find_program(const Root& root, const std::vector<std::string>& folders, const char* name);

} // namespace kdumpkit::initramfs
