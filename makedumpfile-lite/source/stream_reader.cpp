// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/source/stream_reader.h"

#include "makedumpfile-lite/format/stream_checksum.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include <fmt/format.h>

namespace kdumpkit::dump {

using format::StreamKind;
using format::StreamSection;

namespace {

constexpr std::uint64_t most_notes = std::uint64_t{64} << 20;
constexpr std::uint64_t most_text = std::uint64_t{1} << 20;
constexpr std::uint64_t most_eraseinfo = std::uint64_t{16} << 20;
// What the sets of pages may cost: so much, and so much for each byte that came. Bitmaps of real memory
// shrink to a fortieth; ones with a bit here and there shrink to next to nothing.
constexpr std::uint64_t free_cost = std::uint64_t{64} << 20;
constexpr std::uint64_t cost_per_byte = 128;

} // namespace

Error StreamReader::corrupt(std::string reason) const {
    return make_error(ErrorKind::corrupt, "read", input_.name(),
                      fmt::format("section {}: {}", sections_, reason))
        .at(input_.position())
        .then("send it again, whole")
        .from(ErrorSide::source);
}

Result<StreamPart> StreamReader::next_part() {
    format::StreamFrame lead;
    StreamPart part;
    StreamSection& section = part.section;
    KDK_TRY(input_.read_exact(std::as_writable_bytes(std::span(&lead, 1))));
    KDK_TRY(lead.magic == format::stream_magic && lead.size >= sizeof(section)
                ? input_.read_exact(std::as_writable_bytes(std::span(&section, 1)))
                : Result<>(fail(corrupt("no section begins here"))));
    if (!std::equal(section.signature.begin(), section.signature.end(), format::stream_signature.begin()))
        return fail(corrupt("its signature is wrong"));
    if (section.version != format::stream_version)
        return fail(make_error(ErrorKind::unsupported, "read", input_.name(),
                               fmt::format("version {} of the stream format", section.version))
                        .then("use a newer makedumpfile-lite")
                        .from(ErrorSide::source));
    const std::uint64_t behind = lead.size - sizeof(section);
    if (section.number != sections_)
        return fail(corrupt(fmt::format("it says that it is section {}", section.number)));
    if (section.kind == StreamKind::index) {
        KDK_TRY(input_.skip(behind)); // for those who can seek
        return part;
    }
    if (!has_sound_sizes(section, behind))
        return fail(corrupt("its sizes make no sense"));
    part.zeros.resize(static_cast<std::size_t>(behind));
    KDK_TRY(input_.read_exact(part.zeros));
    if (stream_checksum(section, part.zeros) != section.checksum)
        return fail(corrupt("its checksum is wrong"));
    part.frame.resize(section.packed);
    KDK_TRY(input_.read_exact(part.frame));
    ++sections_;
    return part;
}

Result<> StreamReader::read_head() {
    while (!has_first_pages_ && !ended_) {
        KDK_ASSIGN(StreamPart part, next_part());
        if (part.section.kind == StreamKind::index) {
            ended_ = true;
        } else if (part.section.kind == StreamKind::pages) {
            first_pages_ = std::move(part);
            has_first_pages_ = true;
        } else {
            KDK_TRY(take_head(part));
        }
    }
    if (!has_facts_)
        return fail(corrupt("pages come before the facts about them"));
    if (memory_.count() != facts_.memory_pages || kept_.count() != facts_.kept_pages)
        return fail(corrupt("the sets of pages are not as large as the facts say"));
    for (auto pfn = kept_.next(0); pfn; pfn = kept_.next(*pfn)) {
        const std::uint64_t end = kept_.end_of_run(*pfn);
        if (memory_.count(*pfn, end) != end - *pfn)
            return fail(corrupt("it has pages that the crashed machine did not have"));
        *pfn = end;
    }
    return {};
}

Result<> StreamReader::take_head(const StreamPart& part) {
    std::vector<std::byte> bytes;
    KDK_TRY(unpack_stream_frame(part, bytes, input_.name()));
    if (part.section.kind != StreamKind::facts && !has_facts_)
        return fail(corrupt("the facts do not come first"));
    switch (part.section.kind) {
    case StreamKind::facts:
        return take_facts(bytes);
    case StreamKind::notes:
        if (bytes.size() > most_notes)
            return fail(corrupt("its notes are too large"));
        notes_ = std::move(bytes);
        return {};
    case StreamKind::vmcoreinfo:
        if (bytes.size() > most_text)
            return fail(corrupt("its VMCOREINFO is too large"));
        vmcoreinfo_ = as_text(bytes);
        return {};
    case StreamKind::eraseinfo:
        if (bytes.size() > most_eraseinfo)
            return fail(corrupt("its eraseinfo is too large"));
        eraseinfo_ = as_text(bytes);
        return {};
    case StreamKind::memory:
        return take_chunks(part.section, bytes, memory_);
    case StreamKind::kept:
        return take_chunks(part.section, bytes, kept_);
    case StreamKind::partial:
        partial_ = true;
        return {};
    default:
        return {}; // a kind that a later writer added
    }
}

Result<> StreamReader::take_facts(const std::vector<std::byte>& bytes) {
    if (has_facts_ || bytes.size() < sizeof(facts_))
        return fail(corrupt("its facts make no sense"));
    std::memcpy(&facts_, bytes.data(), sizeof(facts_));
    if (!std::has_single_bit(facts_.page_size) || facts_.page_size < 4096 || facts_.page_size > 65536 ||
        facts_.limit > PageSet::highest_limit || facts_.frame_pages == 0 ||
        facts_.frame_pages > format::most_frame_pages || facts_.level > 31)
        return fail(corrupt("its facts make no sense"));
    has_facts_ = true;
    memory_ = PageSet(facts_.limit);
    kept_ = PageSet(facts_.limit);
    return {};
}

Result<> StreamReader::take_chunks(const StreamSection& section, const std::vector<std::byte>& bytes,
                                   PageSet& set) {
    if (section.count > format::chunks_per_section ||
        bytes.size() != section.count * sizeof(format::StreamChunk))
        return fail(
            corrupt(fmt::format("{} bytes for {} chunks of a page set", bytes.size(), section.count)));
    if (memory_.memory_bytes() + kept_.memory_bytes() > free_cost + input_.position() * cost_per_byte)
        return fail(corrupt("its pages are spread more thinly than those of any machine"));
    const std::uint64_t chunks = (set.limit() + PageSet::chunk_pages - 1) / PageSet::chunk_pages;
    for (std::size_t at = 0; at < bytes.size(); at += sizeof(format::StreamChunk)) {
        std::uint64_t index = 0;
        std::memcpy(&index, bytes.data() + at, sizeof(index));
        if (index >= chunks)
            return fail(corrupt("a page set with pages beyond the last one"));
        // Each once: a few bytes of the stream can hold the same piece thousands of times.
        const std::uint64_t first = index * PageSet::chunk_pages;
        if (set.count(first, first + PageSet::chunk_pages) != 0)
            return fail(corrupt("a piece of a page set comes twice"));
        set.set_chunk(index, std::span<const std::byte, PageSet::chunk_bytes>(
                                 bytes.data() + at + sizeof(index), PageSet::chunk_bytes));
    }
    return {};
}

Result<bool> StreamReader::next_pages(StreamPart& part) {
    while (!ended_) {
        if (has_first_pages_) {
            part = std::move(first_pages_);
            has_first_pages_ = false;
        } else {
            KDK_ASSIGN(part, next_part());
        }
        if (part.section.kind == StreamKind::index) {
            ended_ = true;
            break;
        }
        partial_ = partial_ || part.section.kind == StreamKind::partial;
        if (part.section.kind != StreamKind::pages)
            continue;
        const std::uint64_t zeros = zeros_before(part, part.section.count);
        if (part.section.first != pages_seen_ || part.section.count > facts_.frame_pages ||
            part.section.count > facts_.kept_pages - pages_seen_ ||
            part.section.unpacked != (part.section.count - zeros) * facts_.page_size)
            return fail(corrupt("its pages are not those that come next"));
        pages_seen_ += part.section.count;
        return true;
    }
    if (pages_seen_ != facts_.kept_pages)
        return fail(corrupt(fmt::format("it ends after {} of {} pages", pages_seen_, facts_.kept_pages)));
    return false;
}

format::KdumpFacts StreamReader::kdump_facts() const {
    format::KdumpFacts facts;
    const auto name = [&](std::size_t index) {
        const char* text = facts_.utsname.data() + index * 65;
        return std::string(text, ::strnlen(text, 65));
    };
    facts.utsname = {name(0), name(1), name(2), name(3), name(4), name(5)};
    facts.page_size = facts_.page_size;
    facts.phys_base = facts_.phys_base;
    facts.crash_time = facts_.crash_time;
    facts.level = facts_.level;
    facts.notes = notes_;
    facts.vmcoreinfo = vmcoreinfo_;
    facts.eraseinfo = eraseinfo_;
    return facts;
}

} // namespace kdumpkit::dump
