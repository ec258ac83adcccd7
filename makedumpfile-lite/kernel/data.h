// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/kernel/kallsyms.h"
#include "makedumpfile-lite/kernel/kernel.h"
#include "makedumpfile-lite/kernel/layout.h"
#include "makedumpfile-lite/kernel/memmap.h"
#include "makedumpfile-lite/kernel/pagetable.h"
#include "makedumpfile-lite/kernel/vmcoreinfo.h"

#include <map>
#include <string>
#include <vector>

namespace kdumpkit::dump {

// What the filter and the log reader know of the kernel.
struct Kernel::Data {
    VmcoreInfo info;
    std::uint64_t page_size = 0;
    PageTable table;
    Utsname uts;
    Symbols symbols;       // those that the filter needs, as far as they were found
    Result<Layout> layout; // or why it could not be resolved
    Result<MemoryMap> map;
    std::vector<std::string> warnings;
    std::map<std::string, std::uint64_t> facts; // how many answers each source gave: to_text(FactSource)
};

} // namespace kdumpkit::dump
