// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/source/content.h"
#include "makedumpfile-lite/source/image.h"

#include <memory>

namespace kdumpkit::dump {

// A kdump-compressed dump (makedumpfile, this program, QEMU's dump-guest-memory): memory() is its first
// bitmap, present() its second one less what never arrived. A reader holds at most 256 KiB of decompressed
// pages (or four pages), one view and the windows on the file.
Result<std::unique_ptr<Image>> open_kdump_file(std::unique_ptr<Content> content);

} // namespace kdumpkit::dump
