// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/format/kdump_geometry.h"

#include "makedumpfile-lite/format/kdump_layout.h"
#include "makedumpfile-lite/source/notes.h"

#include <bit>
#include <limits>

#include <fmt/format.h>

namespace kdumpkit::dump::format {

namespace {

// The text of VMCOREINFO among the notes.
std::optional<Bytes> find_vmcoreinfo(Bytes notes) {
    NoteWalk walk(notes);
    while (const auto note = walk.next())
        if (note->name == "VMCOREINFO")
            return note->description;
    return std::nullopt;
}

} // namespace

Result<> check_kdump_bitmaps(std::uint64_t limit, std::uint64_t pages) {
    if (limit <= always_described || pages >= limit / sparsest)
        return {};
    return fail(
        make_error(ErrorKind::unsupported, "lay out the dump", "",
                   fmt::format("{} pages of memory are spread over {} page frames, more than {} times "
                               "as many; the headers of the vmcore are probably damaged",
                               pages, limit, sparsest))
            .then("copy the vmcore as it is, or use makedumpfile -E"));
}

Result<KdumpGeometry> plan_kdump(const KdumpFacts& facts, std::uint64_t limit, std::uint64_t pages) {
    const std::uint64_t block = facts.page_size;
    if (!std::has_single_bit(block) || block < sizeof(DiskDumpHeader) || block > (1U << 20))
        return fail(ErrorKind::unsupported, "lay out the dump", "", fmt::format("pages of {} bytes", block));
    KdumpGeometry g;
    g.notes = block + sizeof(KdumpSubHeader);
    std::uint64_t sub_header_end = g.notes + facts.notes.size();
    if (const auto info = find_vmcoreinfo(facts.notes)) {
        g.vmcoreinfo = g.notes + static_cast<std::uint64_t>(info->data() - facts.notes.data());
        g.vmcoreinfo_size = info->size();
    } else if (!facts.vmcoreinfo.empty()) {
        g.vmcoreinfo = sub_header_end;
        g.vmcoreinfo_size = facts.vmcoreinfo.size();
        g.vmcoreinfo_appended = true;
        sub_header_end += facts.vmcoreinfo.size();
    }
    if (!facts.eraseinfo.empty()) {
        g.eraseinfo = sub_header_end;
        sub_header_end += facts.eraseinfo.size();
    }
    // Each number below comes from the image's headers: it may be anything.
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    const auto bitmaps = align_up(sub_header_end, block);
    const auto bitmap_size = align_up(limit / 8 + (limit % 8 != 0 ? 1 : 0), block);
    const auto descriptors_size = checked_mul(pages, sizeof(PageDescriptor));
    if (bitmaps && bitmap_size && descriptors_size &&
        *bitmap_size / block <= std::numeric_limits<std::uint32_t>::max() / 2 &&
        *bitmaps / block <= std::numeric_limits<std::int32_t>::max()) {
        g.bitmaps = *bitmaps;
        g.bitmap_size = *bitmap_size;
        g.descriptors = g.bitmaps + 2 * g.bitmap_size;
        const auto data = checked_add(g.descriptors, *descriptors_size);
        if (data && *data <= most) {
            g.data = *data;
            return g;
        }
    }
    return fail(ErrorKind::unsupported, "lay out the dump", "",
                fmt::format("{} pfns are more than the format can describe", limit));
}

} // namespace kdumpkit::dump::format
