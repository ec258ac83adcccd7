// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/source/kdump_structure.h"

#include "makedumpfile-lite/source/kdump_index.h"
#include "makedumpfile-lite/source/notes.h"

#include <algorithm>
#include <set>
#include <vector>

#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

using format::PageDescriptor;

// Blocks of page data are written one behind the other; a descriptor that points back shares the block of an
// earlier page, or lies. These are remembered once each, and compared with the blocks in a second pass.
constexpr std::size_t max_shared = std::size_t{1} << 18;

struct Block {
    std::uint64_t begin, end;
    auto operator<=>(const Block&) const = default; // NOLINT(modernize-use-nullptr): clang-tidy 14 errs
};

class Check {
  public:
    Check(const Content& content, Faults& faults) : content_(content), faults_(faults) {}
    Result<> run();

  private:
    void part(const char* what, const Range& range);
    Result<> notes();
    Result<> bitmaps();
    Result<> descriptors();
    Result<> shared_blocks();
    // A block that is not behind all before it.
    bool points_back(const PageDescriptor& d, std::uint64_t& end) const {
        if (d.offset >= end) {
            end = d.offset + d.size;
            return false;
        }
        return true;
    }

    const Content& content_;
    Faults& faults_;
    KdumpHeaders headers_;
    PageSet described_{0};
    std::set<Block> shared_;
    bool all_shared_ = true; // none was left out for want of room
};

Result<> Check::run() {
    std::vector<std::byte> head(std::min<std::uint64_t>(content_.size(), kdump_headers_size));
    KDK_TRY(content_.read(0, head));
    KDK_ASSIGN(headers_, parse_kdump_headers(head, content_.name()));
    if (!content_.missing().empty())
        faults_.add("the flattened file is damaged: " + content_.missing());
    if (headers_.incomplete)
        faults_.add("its header says that it is incomplete: the dump was never finished");
    part("VMCOREINFO", headers_.vmcoreinfo);
    part("the notes", headers_.notes);
    part("eraseinfo", headers_.eraseinfo);
    KDK_TRY(notes());
    KDK_TRY(bitmaps());
    KDK_TRY(descriptors());
    return shared_blocks();
}

void Check::part(const char* what, const Range& range) {
    if (range.empty())
        return;
    const std::uint64_t begin = headers_.facts.page_size + sizeof(format::KdumpSubHeader);
    if (range.begin < begin || range.end > headers_.first_bitmap)
        faults_.add(fmt::format("{} at 0x{:x} to 0x{:x} lie outside the sub-header, which ends at 0x{:x}",
                                what, range.begin, range.end, headers_.first_bitmap));
    if (range.end > content_.size())
        faults_.add(fmt::format("{} at 0x{:x} reach beyond the end of the file", what, range.begin));
}

Result<> Check::notes() {
    constexpr std::uint64_t most = std::uint64_t{64} << 20;
    if (headers_.notes.empty() || headers_.notes.end > content_.size() || headers_.notes.size() > most)
        return {};
    std::vector<std::byte> bytes(headers_.notes.size());
    KDK_TRY(content_.read(headers_.notes.begin, bytes));
    NoteWalk walk(bytes);
    while (walk.next()) {
    }
    if (walk.damaged())
        faults_.add("one of its ELF notes reaches beyond their end");
    return {};
}

Result<> Check::bitmaps() {
    KDK_ASSIGN(const PageSet memory, read_kdump_bitmap(content_, headers_, headers_.first_bitmap));
    KDK_ASSIGN(described_, read_described_pages(content_, headers_));
    std::uint64_t alone = 0;
    for (auto pfn = described_.next(0); pfn; pfn = described_.next(*pfn)) {
        const std::uint64_t end = described_.end_of_run(*pfn);
        alone += end - *pfn - memory.count(*pfn, end);
        *pfn = end;
    }
    if (alone != 0)
        faults_.add(fmt::format("its bitmaps disagree: {} pages are in the second one alone", alone));
    for (const std::uint64_t bitmap : {headers_.first_bitmap, headers_.second_bitmap}) {
        std::byte last{};
        if (headers_.limit % 8 == 0)
            break;
        KDK_TRY(content_.read(bitmap + headers_.bitmap_bytes - 1, std::span(&last, 1)));
        if (std::to_integer<unsigned>(last) >> (headers_.limit % 8) != 0)
            faults_.add(fmt::format("the bitmap at 0x{:x} has pages beyond the highest page frame", bitmap));
    }
    return {};
}

Result<> Check::descriptors() {
    std::uint64_t end = headers_.descriptors + described_.count() * sizeof(PageDescriptor);
    const std::uint64_t data = end;
    if (end > content_.size())
        faults_.add(fmt::format("the file ends at {} bytes, before its page descriptors end at {}",
                                content_.size(), end));
    return for_each_descriptor(
        content_, headers_, described_, [&](std::uint64_t pfn, const PageDescriptor* d) -> Result<> {
            // Why a page cannot be read is told once, by reading it; here, what a reader does not notice.
            if (d == nullptr || !is_stored(*d, headers_.facts.page_size, content_.size()))
                return {};
            if (d->offset < data)
                faults_.add(
                    fmt::format("page 0x{:x}: its data at 0x{:x} lies among the headers", pfn, d->offset));
            else if (points_back(*d, end)) {
                if (shared_.size() < max_shared)
                    shared_.insert({d->offset, d->offset + d->size});
                else
                    all_shared_ = false;
            }
            return {};
        });
}

Result<> Check::shared_blocks() {
    if (!all_shared_)
        return {}; // more shared blocks than the budget: the rest of the checks stand
    std::uint64_t end = headers_.descriptors + described_.count() * sizeof(PageDescriptor);
    KDK_TRY(for_each_descriptor(
        content_, headers_, described_, [&](std::uint64_t pfn, const PageDescriptor* d) -> Result<> {
            if (d == nullptr || !is_stored(*d, headers_.facts.page_size, content_.size()) ||
                d->offset < headers_.descriptors || points_back(*d, end))
                return {};
            const Block block{d->offset, d->offset + d->size};
            // Shared blocks that touch this one: it is one of them, or it overlaps.
            for (auto it = shared_.lower_bound({block.begin >= 65536 ? block.begin - 65536 : 0, 0});
                 it != shared_.end() && it->begin < block.end; ++it)
                if (it->end > block.begin && *it != block)
                    faults_.add(
                        fmt::format("page 0x{:x}: its data at 0x{:x} overlaps that of another page at 0x{:x}",
                                    pfn, block.begin, it->begin));
            return {};
        }));
    for (auto it = shared_.begin(); it != shared_.end() && std::next(it) != shared_.end(); ++it)
        if (std::next(it)->begin < it->end)
            faults_.add(
                fmt::format("the page data at 0x{:x} and 0x{:x} overlap", it->begin, std::next(it)->begin));
    return {};
}

} // namespace

Result<> check_kdump_structure(const Content& content, Faults& faults) {
    return Check(content, faults).run();
}

} // namespace kdumpkit::dump
