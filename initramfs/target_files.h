// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/target.h"
#include "initramfs/extras.h"
#include "initramfs/root.h"

#include <cstddef>
#include <vector>

namespace kdumpkit::initramfs {

// Reads the files that `target` names, makes sure that the capture kernel can use them, and names them in
// `target` as they lie in the initramfs, in a folder of `number`'s own, readable by root only. Where
// certificates are to be trusted and ca= is not given, the system's are taken. Paths are of `root`. An error
// says which file, why and what to do; nothing of its content.
Result<std::vector<ExtraFile>> freeze_target_files(Target& target, const Root& root, std::size_t number);

} // namespace kdumpkit::initramfs
