// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/source/content.h"
#include "makedumpfile-lite/source/image.h"

#include <memory>

namespace kdumpkit::dump {

// A stream (format/stream_layout.h) that lies in a file: memory() is its set of memory, promised() what it
// kept, present() that less what never arrived. A damaged head is `corrupt`. The image costs its two sets of
// pages and 24 bytes for each frame, a reader at most 8 MiB of frames.
Result<std::unique_ptr<Image>> open_stream_file(std::unique_ptr<Content> content);

} // namespace kdumpkit::dump
