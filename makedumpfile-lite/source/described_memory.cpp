// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/source/described_memory.h"

#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

constexpr std::size_t max_pieces = std::size_t{1} << 20; // real machines have a few hundred

} // namespace

Result<RangeSet> described_memory(const PageSet& pages, std::uint64_t page_size, const std::string& name) {
    RangeSet memory;
    for (auto pfn = pages.next(0); pfn; pfn = pages.next(*pfn)) {
        const std::uint64_t end = pages.end_of_run(*pfn);
        if (memory.ranges().size() == max_pieces)
            return fail(make_error(ErrorKind::unsupported, "open", name,
                                   fmt::format("its first bitmap has memory in more than {} pieces; it is "
                                               "probably damaged",
                                               max_pieces))
                            .from(ErrorSide::source));
        memory.add({*pfn * page_size, end * page_size});
        *pfn = end;
    }
    if (memory.empty())
        return fail(make_error(ErrorKind::corrupt, "open", name, "its bitmaps name no page")
                        .then("copy the dump again, whole")
                        .from(ErrorSide::source));
    return memory;
}

} // namespace kdumpkit::dump
