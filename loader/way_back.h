// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

// Whether the running kernel survives the return of the one it jumped into. Without kernel commit
// 07fa619f2a40 (Linux 6.13) it goes on without a descriptor table and faults as it loads its segment
// registers. Some later releases of older kernels have it (6.12.117), others do not (6.1.192): its code
// tells.

#include "base/bytes.h"
#include "base/error.h"
#include "base/log.h"
#include "loader/machine.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::loader {

enum class WayBack { sound, faults, unknown };

// Pure. `code`: of the running kernel, from its relocate_kernel on; empty when it cannot be read.
WayBack way_back(Bytes code);
// Pure. From the text of /proc/kallsyms; nullopt when it is not there or hidden.
std::optional<std::uint64_t> symbol_address(std::string_view kallsyms, std::string_view name);
// What way_back() wants, from /proc/kallsyms and /proc/kcore (`headers`: what that begins with).
std::vector<std::byte> relocation_code(Bytes headers);
// Of the running kernel, before a load: `unsupported` when it cannot be returned to (CONFIG_KEXEC_JUMP), or
// would fault then. When that cannot be known, it warns.
Result<> require_way_back(const Machine& machine, const Log& log);

} // namespace kdumpkit::loader
