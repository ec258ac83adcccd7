// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <string>
#include <vector>

namespace kdumpkit::admin {

// Where distributions put the image of a kernel release, in the order to look: Debian, SUSE and Fedora
// (/boot/vmlinuz-RELEASE), Fedora and Arch (below /lib/modules), kernel-install(8) with its machine ID.
std::vector<std::string> kernel_image_paths(const std::string& release, const std::string& machine_id);

// The first of them that exists; `absent` names where it looked.
Result<std::string> find_kernel_image(const std::string& release);

std::string running_release();

} // namespace kdumpkit::admin
