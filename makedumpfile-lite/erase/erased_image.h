// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "makedumpfile-lite/erase/eraser.h"
#include "makedumpfile-lite/source/image.h"

#include <memory>
#include <string>
#include <vector>

namespace kdumpkit::dump {

// `image`, which must outlive the result, as it reads with `ranges` (settled) erased.
std::unique_ptr<Image> erased_image(const Image& image, std::vector<ErasedRange> ranges);

// What --config asks for, as a whole: `config` is the parsed file `name`. Without a known kernel nothing can
// be found: `absent`. `vmlinux`: a file whose DWARF knows the types of variables; empty for none.
struct ErasedDump {
    std::unique_ptr<Image> image;
    std::string report;
    std::vector<std::string> warnings;
};
Result<ErasedDump> erase_data(const Image& image, const Kernel* kernel, const EraseConfig& config,
                              const std::string& name, const std::string& vmlinux);

} // namespace kdumpkit::dump
