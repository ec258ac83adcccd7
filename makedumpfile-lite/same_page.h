// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/format/file_destination.h"
#include "makedumpfile-lite/format/kdump_writer.h"
#include "makedumpfile-lite/source/image.h"

#include <cstddef>

namespace kdumpkit::dump {

// Ways to tell that two pages are the same, for KdumpWriter::share_duplicates().

// Compares the pages in the image, with readers of its own.
format::KdumpWriter::SamePage same_in_image(const Image& image, std::size_t page_size);
// Compares what is stored: equal compressed bytes are equal pages. `output` must outlive the answer.
format::KdumpWriter::SamePage same_in_file(const format::FileDestination& output);

} // namespace kdumpkit::dump
