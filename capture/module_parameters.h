// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace kdumpkit::capture {

// Pure: what the kernel's command line has for a module ("ramoops.mem_size=1M"), as the kernel wants it when
// the module is loaded ("mem_size=1M"): it reads them itself only for drivers that are built in.
std::string module_parameters(std::string_view command_line, std::string_view module);

} // namespace kdumpkit::capture
