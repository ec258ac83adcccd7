// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/reservation_picture.h"

#include "base/progress.h"

#include <algorithm>

#include <fmt/format.h>

namespace kdumpkit::admin {

std::string reservation_picture(const std::vector<loader::IomemEntry>& iomem, unsigned width) {
    const RangeSet ram = loader::system_ram(iomem);
    const std::vector<Range> reserved = loader::crash_kernel_ranges(iomem);
    if (ram.empty() || width == 0)
        return "no System RAM is listed\n";
    const std::uint64_t end = ram.ranges().back().end;
    const std::uint64_t cell = std::max<std::uint64_t>(1, end / width + (end % width != 0 ? 1 : 0));
    std::string line;
    for (std::uint64_t begin = 0; begin < end; begin += cell) {
        const Range here{begin, std::min(end, begin + cell)};
        const bool crash = std::any_of(reserved.begin(), reserved.end(),
                                       [&](const Range& range) { return range.overlaps(here); });
        line += crash ? '#' : ram.intersection(RangeSet{here}).empty() ? ' ' : '-';
    }
    std::string text = fmt::format("0 |{}| {}\n", line, human_bytes(end));
    text += fmt::format("- memory, # reserved for the capture kernel; a cell is {}\n", human_bytes(cell));
    for (const Range& range : reserved)
        text +=
            fmt::format("# {:#x}-{:#x}  {}, {} 4 GiB\n", range.begin, range.end - 1,
                        human_bytes(range.size()), range.begin >= std::uint64_t{4} << 30 ? "above" : "below");
    if (reserved.empty())
        text += "nothing is reserved\n";
    return text;
}

} // namespace kdumpkit::admin
