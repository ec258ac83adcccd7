// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "admin/capture_image.h"
#include "base/error.h"
#include "base/log.h"
#include "initramfs/build.h"

#include <string>

namespace kdumpkit::admin {

// A capture initramfs before it is packed. The record has no digest, size and time yet.
struct ImageParts {
    initramfs::Collected collected;
    ImageRecord record;
};
// Collects what it is made of for the kernel `request.release`. Warnings go to `log`.
Result<ImageParts> collect_image(const initramfs::BuildRequest& request, const Log& log);

// Packs it and writes it to `path`, whose folder is made; an earlier file stays until it is whole. The record
// is complete then, and is not written.
Result<ImageRecord> write_image(ImageParts parts, const std::string& path);

} // namespace kdumpkit::admin
