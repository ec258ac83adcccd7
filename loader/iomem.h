// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/range.h"

#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::loader {

// One line of /proc/iomem. The kernel prints inclusive ends; ours are half-open.
struct IomemEntry {
    Range range;
    std::string name;
    unsigned depth = 0; // 0 is the outermost resource
    friend bool operator==(const IomemEntry&, const IomemEntry&) = default;
};

// The whole text of /proc/iomem, in its order. `invalid` when every address is zero, which is what the kernel
// shows to a process without CAP_SYS_ADMIN (kernel/resource.c, r_show()); `corrupt` when a line is not one.
Result<std::vector<IomemEntry>> parse_iomem(std::string_view text);

// "System RAM" and its variants "System RAM (kmem)" and "System RAM (virtio_mem)": what a dump is made of.
RangeSet system_ram(const std::vector<IomemEntry>& entries);
// Every "Crash kernel" range, ascending.
std::vector<Range> crash_kernel_ranges(const std::vector<IomemEntry>& entries);
// The first entry with exactly this name, or an empty range.
Range named_range(const std::vector<IomemEntry>& entries, std::string_view name);

} // namespace kdumpkit::loader
