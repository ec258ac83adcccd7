// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/erase/eraser.h"
#include "makedumpfile-lite/source/image.h"

#include <memory>
#include <vector>

namespace kdumpkit::dump {

// `image`, which must outlive the result, as it reads with `ranges` (settled) erased.
std::unique_ptr<Image> erased_image(const Image& image, std::vector<ErasedRange> ranges);

} // namespace kdumpkit::dump
