// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "admin/image_build.h"
#include "base/error.h"
#include "base/log.h"

#include <optional>
#include <string>
#include <vector>

namespace kdumpkit::admin {

// The capture initramfs of a kernel that does not run yet, made when that kernel is installed: `kdumpkit arm`
// loads it at that kernel's first boot if it cannot make one then. Where it is; `invalid` for what cannot be
// the name of a kernel.
Result<ImagePlace> prepared_image_of(const std::string& release);

// Makes it by the settings in `config` (empty: the standard ones). Returns why it was made anew; empty: it
// was fresh. The earlier one stays until the new one is whole.
Result<std::vector<std::string>> prepare_image(const std::string& release, const std::string& config,
                                               const Log& log);

// Its record, if the file is there as it was written and so is the kernel.
std::optional<ImageRecord> usable_prepared_image(const std::string& release);

// Whether there was one. It is gone afterwards.
Result<bool> forget_prepared_image(const std::string& release);

} // namespace kdumpkit::admin
