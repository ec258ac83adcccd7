// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/filter.h"

#include "makedumpfile-lite/blind_spots.h"
#include "makedumpfile-lite/kernel/data.h"
#include "makedumpfile-lite/kernel/page.h"
#include "makedumpfile-lite/kernel/percpu.h"
#include "makedumpfile-lite/kernel/virtual_memory.h"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

constexpr std::uint64_t smallest_page = 4096;
constexpr std::size_t max_warnings = 8;

bool drops(unsigned level, PageClass kind) {
    switch (kind) {
    case PageClass::free:
        return (level & DumpLevel::free) != 0;
    case PageClass::cache:
        return (level & (DumpLevel::cache | DumpLevel::cache_private)) != 0;
    case PageClass::cache_private:
        return (level & DumpLevel::cache_private) != 0;
    case PageClass::user:
        return (level & DumpLevel::user) != 0;
    case PageClass::offline:
        return true;
    case PageClass::kernel:
    case PageClass::tail:
    case PageClass::senseless:
        break;
    }
    return false;
}

Selection everything(const Image& image, std::uint64_t page_size) {
    const auto& ranges = image.memory().ranges();
    const std::uint64_t limit = ranges.empty() ? 0 : ranges.back().end / page_size;
    Selection selection{PageSet(limit), PageSet(limit), {}, {}};
    for (const Range& range : ranges) {
        selection.memory.insert(range.begin / page_size, range.end / page_size);
        selection.kept.insert(range.begin / page_size, range.end / page_size);
    }
    selection.counts.total = selection.counts.kept = selection.memory.count();
    return selection;
}

// One forward walk over struct pages, in the order of pfns. A page that heads a block decides for the whole
// block.
class Walk {
  public:
    Walk(const Image& image, const Kernel::Data& kernel, const FilterOptions& options)
        : options_(options), layout_(kernel.layout->page), map_(*kernel.map), kernel_(kernel),
          memory_(image, kernel.table), selection_(everything(image, kernel.page_size)) {
        // Views of an even number of struct pages: the head of a compound page has an even pfn, and its order
        // is in the next one.
        view_pages_ = std::bit_floor(std::min<std::uint64_t>(VirtualMemory::max_view / layout_.size, 16384));
    }

    Result<> range(std::uint64_t begin, std::uint64_t end,
                   const std::function<Result<>(std::uint64_t)>& progress);
    void per_cpu_lists();
    void warn(std::string text) { selection_.warnings.push_back(std::move(text)); }
    Selection finish();

  private:
    void section(std::uint64_t begin, std::uint64_t end, std::uint64_t map, std::uint64_t section_begin);
    void pages(Bytes bytes, std::uint64_t pfn, std::uint64_t address, std::uint64_t end);
    void drop(std::uint64_t begin, std::uint64_t end, std::uint64_t& counter);
    void flush() {
        selection_.kept.erase(pending_.begin, pending_.end);
        pending_ = {};
    }
    void unclassified(std::uint64_t begin, std::uint64_t end, const std::string& why);
    void free_block(const FreeBlock& block);
    std::uint64_t& counter(PageClass kind);

    FilterOptions options_;
    const PageLayout& layout_;
    const MemoryMap& map_;
    const Kernel::Data& kernel_;
    VirtualMemory memory_;
    Selection selection_;
    std::uint64_t view_pages_ = 0;
    std::uint64_t decided_ = 0;                // pfns below this are done: the end of the last block
    Range pending_;                            // dropped, not yet erased: neighbours melt into one
    std::vector<Range> section_maps_;          // virtual addresses of struct pages that were read
    std::vector<std::uint64_t> section_first_; // the pfn at the start of each
    std::uint64_t senseless_ = 0;
    std::uint64_t seen_ = 0; // pages of the image that the walk has passed
};

std::uint64_t& Walk::counter(PageClass kind) {
    PageCounts& counts = selection_.counts;
    switch (kind) {
    case PageClass::free:
        return counts.free;
    case PageClass::cache:
        return counts.cache;
    case PageClass::cache_private:
        return counts.cache_private;
    case PageClass::user:
        return counts.user;
    default:
        return counts.offline;
    }
}

void Walk::unclassified(std::uint64_t begin, std::uint64_t end, const std::string& why) {
    selection_.counts.unclassified += end - begin;
    if (selection_.warnings.size() < max_warnings)
        selection_.warnings.push_back(
            fmt::format("{} pages at pfn 0x{:x} are kept unseen: {}", end - begin, begin, why));
}

// Counts only pages that the image holds.
void Walk::drop(std::uint64_t begin, std::uint64_t end, std::uint64_t& counted) {
    end = std::min(end, selection_.memory.limit());
    if (begin >= end)
        return;
    counted += end - begin == 1 ? 1 : selection_.memory.count(begin, end);
    if (pending_.end != begin) {
        flush();
        pending_ = {begin, end};
    }
    pending_.end = end;
}

void Walk::pages(Bytes bytes, std::uint64_t pfn, std::uint64_t address, std::uint64_t end) {
    const std::uint64_t size = layout_.size;
    std::uint64_t here = std::max(pfn, decided_);
    while (here < end) {
        const std::uint64_t at = (here - pfn) * size;
        const PageVerdict verdict = classify_page(layout_, bytes.subspan(at), here, address + at);
        std::uint64_t next = here + 1;
        if (drops(options_.level, verdict.kind)) {
            next = here + (std::uint64_t{1} << verdict.order);
            drop(here, next, counter(verdict.kind));
        } else if (verdict.poisoned) {
            const bool whole = verdict.kind != PageClass::kernel;
            next = here + (whole ? std::uint64_t{1} << verdict.order : 1);
            drop(here, next, selection_.counts.hwpoison);
        } else if (verdict.kind == PageClass::free) {
            next = here + (std::uint64_t{1} << verdict.order); // kept whole; what is inside says nothing
        } else if (verdict.kind == PageClass::senseless) {
            ++senseless_;
        }
        here = next;
    }
    decided_ = std::max(decided_, here);
}

void Walk::section(std::uint64_t begin, std::uint64_t end, std::uint64_t map, std::uint64_t section_begin) {
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
        else
            unclassified(first, stop, bytes.error().message());
        pfn = stop;
    }
}

Result<> Walk::range(std::uint64_t begin, std::uint64_t end,
                     const std::function<Result<>(std::uint64_t)>& progress) {
    const std::uint64_t per_section = map_.pages_per_section();
    for (std::uint64_t pfn = begin; pfn < end;) {
        const std::uint64_t number = pfn / per_section;
        const std::uint64_t stop = std::min(end, (number + 1) * per_section);
        const auto map = map_.section(memory_, number);
        if (!map) {
            unclassified(pfn, stop, map.error().message());
        } else if (!*map) {
            unclassified(pfn, stop, "the kernel has no struct pages for them");
        } else {
            if (section_first_.empty() || section_first_.back() != number * per_section) {
                section_maps_.push_back({**map, **map + per_section * layout_.size});
                section_first_.push_back(number * per_section);
            }
            section(pfn, stop, **map, number * per_section);
        }
        seen_ += stop - pfn;
        pfn = stop;
        if (progress)
            KDK_TRY(progress(seen_));
    }
    return {};
}

// A block from a list is believed only when its struct page agrees: unused, of no type, on no other list.
void Walk::free_block(const FreeBlock& block) {
    const auto section = std::find_if(section_maps_.begin(), section_maps_.end(),
                                      [&](const Range& map) { return map.contains(block.page); });
    if (section == section_maps_.end() || (block.page - section->begin) % layout_.size != 0)
        return;
    const std::uint64_t pfn = section_first_[static_cast<std::size_t>(section - section_maps_.begin())] +
                              (block.page - section->begin) / layout_.size;
    const std::uint64_t end = pfn + (std::uint64_t{1} << block.order);
    if (pfn % (end - pfn) != 0 || selection_.kept.count(pfn, end) != end - pfn)
        return;
    const auto bytes = memory_.view(block.page, layout_.size);
    if (!bytes)
        return;
    const ByteReader page(*bytes);
    const std::uint64_t used =
        layout_.lru_mask | layout_.slab_mask | layout_.head_mask | layout_.private_mask;
    if (page.u32(layout_.refcount) != 0 || (page.u64(layout_.flags).value_or(used) & used) != 0 ||
        page.u64(layout_.mapping) != 0 ||
        static_cast<std::int32_t>(page.u32(layout_.type).value_or(0)) < layout_.types.typed_below)
        return;
    selection_.kept.erase(pfn, end);
    selection_.counts.free += end - pfn;
    selection_.counts.per_cpu_free += end - pfn;
}

void Walk::per_cpu_lists() {
    flush();
    std::vector<FreeBlock> blocks;
    const PerCpuWalk walk =
        walk_per_cpu_lists(memory_, kernel_, [&](const FreeBlock& block) { blocks.push_back(block); });
    for (const FreeBlock& block : blocks)
        free_block(block);
    if (walk.lists == 0 && walk.damaged == 0)
        selection_.warnings.emplace_back(
            "this kernel does not tell where its per-CPU free lists are; what they hold is kept");
    if (walk.damaged != 0)
        selection_.warnings.push_back(
            fmt::format("{} of {} per-CPU free lists make no sense; what they hold is kept", walk.damaged,
                        walk.damaged + walk.lists));
}

Selection Walk::finish() {
    flush();
    PageCounts& counts = selection_.counts;
    counts.kept = selection_.kept.count();
    counts.unclassified += senseless_;
    if (senseless_ != 0)
        selection_.warnings.push_back(
            fmt::format("{} pages have a struct page that contradicts itself; they are kept", senseless_));
    return std::move(selection_);
}

} // namespace

std::uint64_t page_size_of(const Image& image) {
    const VmcoreInfo info = VmcoreInfo::parse(image.vmcoreinfo());
    const std::uint64_t page_size = info.decimal("PAGESIZE").value_or(smallest_page);
    return std::has_single_bit(page_size) && page_size >= smallest_page && page_size <= 65536 ? page_size
                                                                                              : smallest_page;
}

Result<Selection> select_all(const Image& image) {
    return everything(image, page_size_of(image));
}

Result<Selection> select_pages(const Image& image, const Kernel& kernel, const FilterOptions& options,
                               const Log& log, const std::function<Result<>(std::uint64_t)>& progress) {
    if (options.level > DumpLevel::highest)
        return fail(make_error(ErrorKind::invalid, "filter", image.name(),
                               fmt::format("dump level {}", options.level))
                        .then(fmt::format("choose a level from 0 to {}", DumpLevel::highest)));
    if (options.level <= DumpLevel::zero)
        return select_all(image);
    const Kernel::Data& data = kernel.data();
    if (!data.layout)
        return fail(data.layout.error());
    if (!data.map)
        return fail(data.map.error());
    Walk walk(image, data, options);
    for (std::string& spot : blind_spots(data.layout->page, options.level))
        walk.warn(std::move(spot));
    for (const Range& range : image.memory().ranges())
        KDK_TRY(walk.range(range.begin / data.page_size, range.end / data.page_size, progress));
    if ((options.level & DumpLevel::free) != 0 && options.per_cpu_lists)
        walk.per_cpu_lists();
    Selection selection = walk.finish();
    log.debug("kept {} of {} pages", selection.counts.kept, selection.counts.total);
    return selection;
}

} // namespace kdumpkit::dump
