// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "admin/capture_image.h"
#include "base/error.h"
#include "base/log.h"
#include "initramfs/build.h"

#include <optional>
#include <string>

namespace kdumpkit::admin {

// A capture initramfs before it is packed. The record has no digest, size and time yet.
struct ImageParts {
    initramfs::Collected collected;
    ImageRecord record;
    bool layout_is_known = false; // it is in the record, and not among what is collected
};
// Collects what it is made of for the kernel `request.release`; `before` is the record of the one that is
// there, and saves writing a layout that it has. Warnings go to `log`.
Result<ImageParts> collect_image(const initramfs::BuildRequest& request,
                                 const std::optional<ImageRecord>& before, const Log& log);

// Where an initramfs and its record lie.
struct ImagePlace {
    std::string image, record;
};
// Packs it and writes both, making the folder; the earlier ones stay until these are whole, and whenever this
// is killed a record of the image that is there can be read. What a killed one left behind is removed: the
// caller holds the lock.
Result<ImageRecord> write_image(ImageParts parts, const ImagePlace& place);

// Whether there was any of it. It is gone afterwards, with what killed ones left; the caller holds the lock.
Result<bool> remove_image(const ImagePlace& place);

// What is there: the digest of the image, empty when there is none, and its record; another's when it has
// none.
struct PresentImage {
    std::optional<ImageRecord> record;
    std::string digest;

    // The image is as it was written, and its kernel is there.
    [[nodiscard]] bool usable() const;
};
PresentImage look_at_image(const ImagePlace& place);

} // namespace kdumpkit::admin
