// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "capture/system.h"

#include <string>
#include <vector>

namespace kdumpkit::capture {

// What /sys/class/block has that is not empty, by name.
std::vector<Disk> block_devices();

// "UUID TYPE" of the filesystem on a disk of block_devices(), empty if there is none. Reads the disk and may
// hang with it.
std::string filesystem_words(const std::string& disk);

// The type of what libblkid finds on the device at this path (a filesystem, swap, a volume, a partition
// table); empty if it finds nothing.
Result<std::string> signature_of(const std::string& device);

} // namespace kdumpkit::capture
