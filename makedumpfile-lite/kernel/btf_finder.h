// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "makedumpfile-lite/kernel/btf.h"
#include "makedumpfile-lite/kernel/kallsyms.h"
#include "makedumpfile-lite/kernel/virtual_memory.h"
#include "makedumpfile-lite/kernel/vmcoreinfo.h"

namespace kdumpkit::dump {

// The kernel's BTF out of its memory: between the symbols __start_BTF and __stop_BTF where these are known,
// otherwise the first valid one in the kernel image behind _stext. Without one: `absent`.
Result<Btf> find_btf(VirtualMemory& memory, const VmcoreInfo& info, const Symbols& symbols);

} // namespace kdumpkit::dump
