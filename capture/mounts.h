// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "capture/capture_log.h"
#include "capture/system.h"

#include <string>
#include <vector>

namespace kdumpkit::capture {

// /proc, /sys, /dev and /run, in this order.
const std::vector<MountRequest>& virtual_filesystems();

// Makes and mounts them below `root` (empty: the real ones). One that fails is said, and the life goes on:
// what needs it will say so itself.
void mount_virtual_filesystems(System& system, CaptureLog& log, const std::string& root = {});

// mkdir -p with mode 0700 for what is new.
Result<> make_folders(const std::string& path);

// Mounts `device` for writing at `folder`. A filesystem that could only be mounted read-only is an error that
// says so.
Result<> mount_target(System& system, const std::string& device, const std::string& type,
                      const std::string& folder);

// Mounts `device` for reading, without a word written to it: a journal that was not replayed stays as it is,
// and what it holds is not seen.
Result<> mount_to_read(System& system, const std::string& device, const std::string& type,
                       const std::string& folder);

} // namespace kdumpkit::capture
