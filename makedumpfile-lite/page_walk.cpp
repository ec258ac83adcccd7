// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/page_walk.h"

#include "makedumpfile-lite/free_lists.h"
#include "makedumpfile-lite/page_tally.h"
#include "makedumpfile-lite/source/notes.h"

#include <algorithm>
#include <bit>

#include <elf.h>
#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

constexpr std::uint64_t smallest_page = 4096;
constexpr std::size_t max_warnings = 8;

} // namespace

Selection all_pages(const Image& image, std::uint64_t page_size) {
    const auto& ranges = image.memory().ranges();
    const std::uint64_t limit = ranges.empty() ? 0 : ranges.back().end / page_size;
    Selection selection{PageSet(limit), PageSet(limit), {}, {}, {}};
    for (const Range& range : ranges) {
        selection.memory.insert(range.begin / page_size, range.end / page_size);
        selection.kept.insert(range.begin / page_size, range.end / page_size);
    }
    selection.counts.total = selection.counts.kept = selection.memory.count();
    return selection;
}

PageWalk::PageWalk(const Image& image, const Kernel::Data& kernel, const FilterOptions& options)
    : image_(image), options_(options), present_(image.present()), layout_(kernel.layout->page),
      map_(*kernel.map), kernel_(kernel), memory_(image, kernel.table), test_(image, kernel),
      selection_(all_pages(image, kernel.page_size)) {
    // Views of an even number of struct pages: the head of a compound page has an even pfn, and its order is
    // in the next one.
    view_pages_ = std::bit_floor(std::min<std::uint64_t>(VirtualMemory::max_view / layout_.size, 16384));
    for (std::size_t i = 0; i < drops_.size(); ++i)
        drops_[i] = drops(options_.level, static_cast<PageClass>(i));
}

std::uint64_t PageWalk::held(std::uint64_t begin, std::uint64_t end) const {
    return (present_ != nullptr ? *present_ : selection_.memory).count(begin, end);
}

void PageWalk::unclassified(std::uint64_t begin, std::uint64_t end, const std::string& why) {
    const std::uint64_t pages = held(begin, end);
    selection_.counts.unclassified += pages;
    if (pages != 0 && selection_.warnings.size() < max_warnings)
        selection_.warnings.push_back(
            fmt::format("{} pages at pfn 0x{:x} are kept unseen: {}", pages, begin, why));
}

// Counts only pages that the image holds.
void PageWalk::drop(std::uint64_t begin, std::uint64_t end, std::uint64_t& counted) {
    end = std::min(end, selection_.memory.limit());
    if (begin >= end)
        return;
    counted += end - begin == 1 ? 1 : selection_.memory.count(begin, end);
    extend_pending(begin, end);
}

// Single pages, the most by far, are taken by runs of one class.
std::uint64_t PageWalk::plain_pages(Bytes bytes, std::uint64_t pfn) {
    std::uint64_t passed = 0;
    for (const std::uint64_t limit = selection_.memory.limit(); pfn + passed < limit;) {
        const PlainRun run = plain_run(layout_, bytes.subspan(passed * layout_.size));
        const std::uint64_t count = std::min<std::uint64_t>(run.pages, limit - pfn - passed);
        if (count == 0)
            break;
        const auto kind = static_cast<std::size_t>(run.kind);
        plain_[kind] += count;
        if (drops_[kind])
            extend_pending(pfn + passed, pfn + passed + count);
        passed += count;
    }
    return passed;
}

void PageWalk::count_plain() {
    for (std::size_t i = 0; i < plain_.size(); ++i) {
        const auto kind = static_cast<PageClass>(i);
        count_found(found_, kind, 0, plain_[i]);
        if (drops_[i])
            counter(selection_.counts, kind) += plain_[i];
    }
    plain_ = {};
}

void PageWalk::pages(Bytes bytes, std::uint64_t pfn, std::uint64_t address, std::uint64_t end) {
    const std::uint64_t size = layout_.size;
    std::uint64_t here = std::max(pfn, decided_);
    while (here < end) {
        here += plain_pages(bytes.subspan((here - pfn) * size), here);
        if (here >= end)
            break;
        const std::uint64_t at = (here - pfn) * size;
        PageVerdict verdict = classify_page(layout_, bytes.subspan(at), here, address + at);
        if (!test_.holds_together(verdict, bytes, here - pfn, address + at))
            verdict = {PageClass::senseless, 0, verdict.poisoned};
        // hugetlb gives most struct pages of a huge page back and maps the first ones in their place
        // (Linux 5.14, f41f2ed43ca5; from 5.18, e7d324850bfc, the head's own page too): inside a huge page
        // that is kept, a head comes again and contradicts its place. It says nothing.
        const bool repeated = verdict.kind == PageClass::senseless && here < huge_until_;
        if (repeated)
            verdict = {PageClass::tail, 0, false};
        else if (verdict.kind == PageClass::hugetlb)
            huge_until_ = here + (std::uint64_t{1} << verdict.order);
        count_found(found_, verdict.kind, verdict.order, 1);
        std::uint64_t next = here + 1;
        if (drops_[static_cast<std::size_t>(verdict.kind)]) {
            next = here + (std::uint64_t{1} << verdict.order);
            drop(here, next, counter(selection_.counts, verdict.kind));
        } else if (verdict.poisoned) {
            const bool whole = verdict.kind != PageClass::kernel && verdict.kind != PageClass::slab;
            next = here + (whole ? std::uint64_t{1} << verdict.order : 1);
            drop(here, next, selection_.counts.hwpoison);
        } else if (verdict.kind == PageClass::free || verdict.kind == PageClass::unaccepted) {
            next = here + (std::uint64_t{1} << verdict.order); // kept whole; what is inside says nothing
        } else if (verdict.kind == PageClass::senseless) {
            senseless_ += held(here, here + 1);
        }
        here = next;
    }
    count_plain();
    decided_ = std::max(decided_, here);
}

void PageWalk::section(std::uint64_t begin, std::uint64_t end, std::uint64_t map,
                       std::uint64_t section_begin) {
    const std::uint64_t size = layout_.size;
    for (std::uint64_t pfn = begin; pfn < end;) {
        // From a multiple of the view to the next one, so that pairs of struct pages stay together.
        std::uint64_t stop = std::min(end, (pfn / view_pages_ + 1) * view_pages_);
        if (decided_ >= stop) {
            pfn = stop;
            continue;
        }
        const std::uint64_t first = std::max(pfn, decided_);
        std::uint64_t address = map + (first - section_begin) * size;
        auto bytes = memory_.view(address, static_cast<std::size_t>((stop - first) * size));
        if (!bytes) {
            // Part of it may be readable: a page of struct pages at a time.
            const std::uint64_t step = std::max<std::uint64_t>(smallest_page / size, 2);
            stop = std::min(stop, (first / step + 1) * step);
            bytes = memory_.view(address, static_cast<std::size_t>((stop - first) * size));
        }
        if (bytes)
            pages(*bytes, first, address, stop);
        else {
            found_.unreadable += stop - first;
            unclassified(first, stop, bytes.error().message());
        }
        pfn = stop;
    }
}

Result<> PageWalk::all(const std::function<Result<>(std::uint64_t)>& progress) {
    const Survey found = survey(image_, kernel_, memory_, options_.self_check);
    found_.unreadable += found.unseen;
    for (const Range& range : found.pages.ranges())
        KDK_TRY(this->range(range.begin, range.end, progress));
    return {};
}

// Sections whose struct pages follow each other are one: a machine of terabytes has tens of thousands.
void PageWalk::add_section(const MapSection& section) {
    if (!sections_.empty()) {
        MapSection& last = sections_.back();
        const std::uint64_t pages = last.addresses.size() / layout_.size;
        if (section.first_pfn < last.first_pfn + pages)
            return; // another range of the same section
        if (section.first_pfn == last.first_pfn + pages && section.addresses.begin == last.addresses.end) {
            last.addresses.end = section.addresses.end;
            return;
        }
    }
    sections_.push_back(section);
}

Result<> PageWalk::range(std::uint64_t begin, std::uint64_t end,
                         const std::function<Result<>(std::uint64_t)>& progress) {
    const std::uint64_t per_section = map_.pages_per_section();
    for (std::uint64_t pfn = begin; pfn < end;) {
        const std::uint64_t number = pfn / per_section;
        const std::uint64_t stop = std::min(end, (number + 1) * per_section);
        const auto map = map_.section(memory_, number);
        if (!map) {
            found_.unreadable += stop - pfn;
            unclassified(pfn, stop, map.error().message());
        } else if (!*map) {
            unclassified(pfn, stop, "the kernel has no struct pages for them");
        } else {
            add_section({{**map, **map + per_section * layout_.size}, number * per_section});
            section(pfn, stop, **map, number * per_section);
        }
        seen_ += selection_.memory.count(pfn, stop);
        pfn = stop;
        if (progress)
            KDK_TRY(progress(seen_));
    }
    return {};
}

void PageWalk::per_cpu_lists() {
    flush();
    FreeLists lists(image_, kernel_, sections_, test_);
    const std::uint64_t most = selection_.counts.total;
    const auto [walk, found] = lists.count(most);
    if (walk.lists + walk.damaged + walk.cut == 0)
        selection_.warnings.emplace_back(
            "this kernel does not tell where its per-CPU free lists are; what they hold is kept");
    if (walk.damaged != 0)
        selection_.warnings.push_back(
            fmt::format("{} of {} per-CPU free lists make no sense; what they hold is kept", walk.damaged,
                        walk.damaged + walk.cut + walk.lists));
    if (options_.self_check && walk.lists + walk.cut != 0) {
        selection_.checks.push_back(check_per_cpu_lists(found, walk.cpus));
        if (selection_.checks.back().verdict == Verdict::failed)
            return;
    }
    lists.each(most, [&](const Range& pages) {
        // A block that was met twice counts once.
        if (selection_.kept.count(pages.begin, pages.end) != pages.size())
            return;
        selection_.kept.erase(pages.begin, pages.end);
        selection_.counts.free += pages.size();
        selection_.counts.per_cpu_free += pages.size();
    });
}

void PageWalk::check() {
    std::uint64_t cpus = 0;
    NoteWalk notes(image_.notes());
    while (const auto note = notes.next())
        cpus += note->name == "CORE" && note->type == NT_PRSTATUS ? 1 : 0;
    const KernelCounters counters =
        read_counters(memory_, kernel_.info, kernel_.symbols, kernel_.layout->counters);
    for (Check& check : check_classes(found_, counters, cpus))
        selection_.checks.push_back(std::move(check));
}

void PageWalk::unused_map() {
    flush();
    const PageSet unused =
        find_unused_map(test_.memory(), sections_, layout_.size, kernel_.page_size, selection_.kept);
    for (auto pfn = unused.next(0); pfn; pfn = unused.next(*pfn + 1)) {
        if (!selection_.kept.contains(*pfn))
            continue;
        selection_.kept.erase(*pfn, *pfn + 1);
        ++selection_.counts.unused_map;
    }
}

Selection PageWalk::finish() {
    flush();
    PageCounts& counts = selection_.counts;
    counts.kept = selection_.kept.count();
    counts.unclassified += senseless_;
    if (senseless_ != 0)
        selection_.warnings.push_back(
            fmt::format("{} pages have a struct page that contradicts itself; they are kept", senseless_));
    return std::move(selection_);
}

} // namespace kdumpkit::dump
