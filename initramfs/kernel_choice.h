// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "initramfs/root.h"

#include <string>

namespace kdumpkit::initramfs {

// As uname -r prints it.
std::string running_release();

// The kernel to build for: the one asked for, else the setting capture.kernel, else ("running") the one that
// runs or the only one in the root.
Result<std::string> choose_release(const std::string& asked, const std::string& setting, const Root& root);

// A release that nothing in the root speaks of is a slip of the pen: no machine could load that initramfs
// with its kernel. The kernel that runs needs no files.
Result<> check_release(const std::string& release, const Root& root);

} // namespace kdumpkit::initramfs
