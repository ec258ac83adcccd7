// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "admin/line_edits.h"

#include <string>

namespace kdumpkit::admin {

// Pure. Where the lines of a boot loader's file, by its path, have words of the kernel's command line; of a
// path that is none of boot_paths no line has any.
FindWords words_of_boot_file(const std::string& path);

} // namespace kdumpkit::admin
