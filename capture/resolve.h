// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "capture/system.h"

namespace kdumpkit::capture {

// System::resolve(), by the C library: DNS, then /etc/hosts as kdump-network wrote it.
Result<std::vector<HostAddress>> resolve_host(const std::string& host);

} // namespace kdumpkit::capture
