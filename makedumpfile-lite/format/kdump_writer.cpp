// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/format/kdump_writer.h"

#include "base/range.h"
#include "makedumpfile-lite/filter.h"
#include "makedumpfile-lite/source/notes.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include <elf.h>
#include <fmt/format.h>

namespace kdumpkit::dump::format {

namespace {

template<std::size_t N>
void copy_text(char (&field)[N], const std::string& text) {
    std::copy_n(text.data(), std::min(text.size(), N - 1), field);
}

std::uint32_t saturated(std::uint64_t value) {
    return static_cast<std::uint32_t>(
        std::min<std::uint64_t>(value, std::numeric_limits<std::uint32_t>::max()));
}

// CPUs that saved their registers.
std::size_t count_cpus(Bytes notes) {
    std::size_t count = 0;
    NoteWalk walk(notes);
    while (const auto note = walk.next())
        count += note->name == "CORE" && note->type == NT_PRSTATUS ? 1 : 0;
    return count;
}

} // namespace

Result<KdumpWriter> KdumpWriter::begin(Destination& destination, const KdumpFacts& facts,
                                       const PageSet& memory, const PageSet& kept) {
    const std::uint64_t limit = std::max(memory.limit(), kept.limit());
    const std::uint64_t pages = kept.count();
    KDK_ASSIGN(const KdumpGeometry geometry, plan_kdump(facts, limit, pages));
    // A part leaves place for the descriptors of all, where makedumpfile --reassemble counts on it, and uses
    // its own.
    const std::uint64_t own = facts.part ? kept.count(facts.part->begin, facts.part->end) : pages;
    KdumpWriter writer(destination, geometry, own);
    KDK_TRY(writer.write_headers(facts, limit));
    KDK_TRY(writer.write_bitmap(geometry.bitmaps, memory));
    KDK_TRY(writer.write_bitmap(geometry.bitmaps + geometry.bitmap_size, kept));
    const std::uint64_t used = geometry.descriptors + own * sizeof(PageDescriptor);
    KDK_TRY(destination.reserve_zeroed(geometry.descriptors, destination.sparse() ? used : geometry.data));
    if ((facts.level & DumpLevel::zero) != 0)
        KDK_TRY(writer.write_zero_page(facts.page_size));
    return writer;
}

Result<> KdumpWriter::write_headers(const KdumpFacts& facts, std::uint64_t limit) {
    std::copy(std::begin(signature), std::end(signature), header_.signature);
    header_.header_version = header_version;
    copy_text(header_.utsname.sysname, facts.utsname.sysname);
    copy_text(header_.utsname.nodename, facts.utsname.nodename);
    copy_text(header_.utsname.release, facts.utsname.release);
    copy_text(header_.utsname.version, facts.utsname.version);
    copy_text(header_.utsname.machine, facts.utsname.machine);
    copy_text(header_.utsname.domainname, facts.utsname.domainname);
    header_.timestamp_seconds = static_cast<std::int64_t>(facts.crash_time);
    header_.status = facts.compression | status_incomplete;
    header_.block_size = static_cast<std::int32_t>(facts.page_size);
    header_.sub_header_blocks = static_cast<std::int32_t>(geometry_.bitmaps / facts.page_size - 1);
    header_.bitmap_blocks = static_cast<std::uint32_t>(2 * geometry_.bitmap_size / facts.page_size);
    header_.max_mapnr = saturated(limit);
    header_.cpu_count =
        static_cast<std::int32_t>(std::clamp<std::size_t>(count_cpus(facts.notes), 1, 1U << 20));

    KdumpSubHeader sub{};
    sub.phys_base = facts.phys_base;
    sub.dump_level = static_cast<std::int32_t>(facts.level);
    sub.max_mapnr = limit;
    sub.offset_vmcoreinfo = geometry_.vmcoreinfo;
    sub.size_vmcoreinfo = geometry_.vmcoreinfo_size;
    if (!facts.notes.empty()) {
        sub.offset_note = geometry_.notes;
        sub.size_note = facts.notes.size();
    }
    if (geometry_.eraseinfo != 0) {
        sub.offset_eraseinfo = geometry_.eraseinfo;
        sub.size_eraseinfo = facts.eraseinfo.size();
    }
    if (facts.part) {
        sub.split = 1;
        sub.start_pfn = facts.part->begin;
        sub.end_pfn = facts.part->end;
        // What readers of version 5 and earlier look at.
        sub.start_pfn_obsolete = saturated(facts.part->begin);
        sub.end_pfn_obsolete = saturated(facts.part->end);
    }
    KDK_TRY(destination_->write(0, bytes_of(header_)));
    KDK_TRY(destination_->write(facts.page_size, bytes_of(sub)));
    KDK_TRY(destination_->write(geometry_.notes, facts.notes));
    if (geometry_.eraseinfo != 0)
        KDK_TRY(destination_->write(geometry_.eraseinfo, as_bytes(facts.eraseinfo)));
    return geometry_.vmcoreinfo_appended
               ? destination_->write(geometry_.vmcoreinfo, as_bytes(facts.vmcoreinfo))
               : Result<>();
}

Result<> KdumpWriter::write_bitmap(std::uint64_t offset, const PageSet& set) {
    std::array<std::byte, PageSet::chunk_bytes> chunk;
    for (std::uint64_t at = 0; at < geometry_.bitmap_size; at += chunk.size()) {
        // Where nothing is, a regular file gets a hole.
        if (destination_->sparse())
            at = set.next_chunk(at / chunk.size()) * chunk.size();
        if (at >= geometry_.bitmap_size)
            break;
        set.copy_chunk(at / chunk.size(), chunk);
        KDK_TRY(destination_->write(offset + at, Bytes(chunk).first(std::min<std::uint64_t>(
                                                     chunk.size(), geometry_.bitmap_size - at))));
    }
    return {};
}

// Pages filled with zero keep their bit in the second bitmap and share one descriptor, as makedumpfile writes
// them.
Result<> KdumpWriter::write_zero_page(std::uint64_t page_size) {
    const std::vector<std::byte> zeros(page_size);
    KDK_TRY(destination_->write(cursor_, zeros));
    zero_page_.offset = cursor_;
    zero_page_.size = static_cast<std::uint32_t>(page_size);
    cursor_ += page_size;
    return {};
}

void KdumpWriter::share_duplicates(SamePage same) {
    stored_pages_.emplace(Duplicates::default_bytes);
    same_page_ = std::move(same);
}

std::size_t KdumpWriter::sharing_bytes(std::size_t page_size) {
    return Duplicates::default_bytes + std::tuple_size_v<decltype(recently_shared_)> * page_size;
}

bool KdumpWriter::same_page(const Duplicates::Stored& earlier, std::uint64_t pfn, Bytes stored) {
    for (const Shared& known : recently_shared_)
        if (known.offset == earlier.offset)
            return same_bytes(known.stored, stored);
    if (!same_page_(earlier, pfn, stored))
        return false;
    Shared& place = recently_shared_[next_shared_++ % recently_shared_.size()];
    place.offset = earlier.offset;
    place.stored.assign(stored.begin(), stored.end());
    return true;
}

// Whether the page can do without a place of its own. `waiting`: pages of the same block that are not in the
// file yet, from cursor_ - waiting.size() on.
std::optional<PageDescriptor> KdumpWriter::share(const PageBlock::Page& page, std::uint64_t pfn, Bytes stored,
                                                 Bytes waiting) {
    if (!stored_pages_)
        return std::nullopt;
    const auto earlier = stored_pages_->find(page.hash);
    // The same page compresses to the same bytes.
    if (earlier && earlier->size == page.size) {
        const std::uint64_t in_file = cursor_ - waiting.size();
        const bool same = earlier->offset >= in_file
                              ? same_bytes(waiting.subspan(earlier->offset - in_file, page.size), stored)
                              : same_page(*earlier, pfn, stored);
        if (same) {
            ++shared_;
            return PageDescriptor{earlier->offset, page.size, page.flags, 0};
        }
    }
    stored_pages_->remember(page.hash, {pfn, cursor_, page.size});
    return std::nullopt;
}

Result<> KdumpWriter::append(const PageBlock& block) {
    if (pages_written() + block.pages.size() > expected_)
        return fail(ErrorKind::invalid, "append to", destination_->name(), "more pages than its bitmap has");
    // Stretches of pages that go to the file in one piece: up to a page that is there already.
    std::size_t begin = 0;
    std::size_t end = 0;
    std::uint64_t written = cursor_;
    std::vector<PageDescriptor> descriptors;
    descriptors.reserve(block.pages.size());
    const auto write_stretch = [&]() -> Result<> {
        const Bytes bytes = block.stored().subspan(begin, end - begin);
        KDK_TRY(destination_->write(written, bytes));
        written += bytes.size();
        return {};
    };
    if (stored_pages_)
        for (const PageBlock::Page& page : block.pages)
            if (page.size != 0)
                stored_pages_->prepare(page.hash);
    auto run = block.pfns.begin();
    std::uint64_t pfn = run != block.pfns.end() ? run->begin : 0;
    for (const PageBlock::Page& page : block.pages) {
        if (page.size == 0) {
            descriptors.push_back(page.flags == PageBlock::missing ? PageDescriptor{} : zero_page_);
        } else if (const auto same = share(page, pfn, block.stored().subspan(end, page.size),
                                           block.stored().subspan(begin, end - begin))) {
            descriptors.push_back(*same);
            if (end > begin)
                KDK_TRY(write_stretch());
            begin = end = end + page.size;
        } else {
            descriptors.push_back({cursor_, page.size, page.flags, 0});
            cursor_ += page.size;
            end += page.size;
        }
        ++pfn;
        if (run != block.pfns.end() && pfn == run->end && ++run != block.pfns.end())
            pfn = run->begin;
    }
    if (end > begin)
        KDK_TRY(write_stretch());
    pending_.insert(pending_.end(), descriptors.begin(), descriptors.end());
    // At once, and behind the data that they name: whoever kills us loses no page that came this far.
    KDK_TRY(flush_descriptors());
    if (described_ != 0)
        destination_->keep();
    return {};
}

Result<> KdumpWriter::flush_descriptors() {
    KDK_TRY(destination_->write(geometry_.descriptors + described_ * sizeof(PageDescriptor),
                                std::as_bytes(std::span(pending_))));
    described_ += pending_.size();
    pending_.clear();
    return {};
}

Result<> KdumpWriter::finish_partial() {
    if (pages_written() != expected_)
        return fail(ErrorKind::invalid, "finish", destination_->name(),
                    fmt::format("{} of {} pages were written", pages_written(), expected_));
    KDK_TRY(flush_descriptors());
    // Without a page there may be nothing behind the holes of the bitmaps.
    if (destination_->end() < geometry_.data)
        KDK_TRY(destination_->write(geometry_.data - 1, std::array{std::byte{0}}));
    destination_->keep();
    return destination_->sync();
}

Result<> KdumpWriter::finish() {
    KDK_TRY(finish_partial());
    header_.status &= ~status_incomplete;
    KDK_TRY(destination_->write(0, bytes_of(header_)));
    return destination_->sync();
}

Result<> KdumpWriter::abandon() {
    KDK_TRY(flush_descriptors());
    return destination_->sync();
}

} // namespace kdumpkit::dump::format
