// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "config/settings.h"
#include "initramfs/closure.h"
#include "initramfs/root.h"

#include <cstddef>
#include <string>
#include <vector>

namespace kdumpkit::initramfs {

// A file that the settings ask for.
struct ExtraFile {
    std::string path; // inside the initramfs, where it is on the machine
    std::vector<std::byte> content;
    unsigned mode = 0644;
};

struct Extras {
    std::vector<ExtraFile> files;
    std::vector<Program> programs; // those of them that need libraries
};

// Hooks, capture.files, and busybox when an action is a shell. A script brings its interpreter; what else it
// calls must be in capture.files. `absent` names what is not there.
Result<Extras> collect_extras(const Settings& settings, const Root& root);

// The program that a script's first line names: "#!/bin/sh -e" is "/bin/sh"; empty for what is no script.
std::string interpreter_of(std::string_view content);

} // namespace kdumpkit::initramfs
