// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "initramfs/build.h"

#include <string>

namespace kdumpkit::initramfs {

// A few lines for people; no final newline. `output` is where it was written.
std::string summary_text(const Build& build, const std::string& output);
// The same and every entry, as one JSON object. Sizes are in bytes.
std::string summary_json(const Build& build, const std::string& output);

} // namespace kdumpkit::initramfs
