// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/source/image.h"

#include <memory>
#include <string>

namespace kdumpkit::dump {

struct OpenOptions {
    bool use_mmap = true; // false: read() only, for kernels whose mmap of /proc/vmcore misbehaves
};

// As open_image(path) in image.h, which is this with what everyone wants.
Result<std::unique_ptr<Image>> open_image(const std::string& path, const OpenOptions& options);

} // namespace kdumpkit::dump
