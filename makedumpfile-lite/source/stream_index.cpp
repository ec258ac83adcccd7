// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/source/stream_index.h"

#include "makedumpfile-lite/format/stream_checksum.h"
#include "makedumpfile-lite/source/stream_section.h"

#include <algorithm>
#include <optional>
#include <string_view>

namespace kdumpkit::dump {

using format::StreamFrame;
using format::StreamIndexEntry;
using format::StreamKind;
using format::StreamSection;

namespace {

constexpr std::size_t head_size = sizeof(StreamFrame) + sizeof(StreamSection);

struct Found {
    StreamSection section;
    std::uint64_t end = 0; // of the section, in the file
};

template<class T>
std::span<std::byte> writable(T& value) {
    return std::as_writable_bytes(std::span(&value, 1));
}

// The section at `at`, when a whole and undamaged one is there. Its frame is not looked at.
Result<std::optional<Found>> section_at(const Content& content, std::uint64_t at) {
    const std::uint64_t size = content.size();
    if (at > size || size - at < head_size)
        return std::nullopt;
    StreamFrame lead;
    Found found;
    StreamSection& section = found.section;
    KDK_TRY(content.read(at, writable(lead)));
    KDK_TRY(content.read(at + sizeof(lead), writable(section)));
    if (lead.magic != format::stream_magic || lead.size < sizeof(section) ||
        section.version != format::stream_version ||
        !std::equal(section.signature.begin(), section.signature.end(), format::stream_signature.begin()))
        return std::nullopt;
    const std::uint64_t behind = lead.size - sizeof(section);
    const std::uint64_t frame = at + sizeof(lead) + lead.size;
    found.end = frame + section.packed;
    if (found.end > size)
        return std::nullopt;
    if (section.kind == StreamKind::index)
        return behind == section.count * sizeof(StreamIndexEntry) + sizeof(format::StreamIndexEnd)
                   ? std::optional(found)
                   : std::nullopt;
    if (!has_sound_sizes(section, behind))
        return std::nullopt;
    std::vector<std::byte> bits(static_cast<std::size_t>(behind));
    KDK_TRY(content.read(at + head_size, bits));
    return format::stream_checksum(section, bits) == section.checksum ? std::optional(found) : std::nullopt;
}

// Where the next section may begin, at or after `at`; the end of the file when nowhere.
Result<std::uint64_t> find_signature(const Content& content, std::uint64_t at) {
    constexpr std::string_view wanted = format::stream_signature;
    // Small pieces first: a damaged file can have many signatures close together.
    constexpr std::size_t smallest = std::size_t{4} << 10, largest = std::size_t{1} << 20;
    std::vector<std::byte> bytes(smallest);
    for (at = content.next_data(at); at < content.size() && content.size() - at >= head_size;) {
        const auto piece = std::span(bytes).first(
            static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), content.size() - at)));
        KDK_TRY(content.read(at, piece));
        const std::size_t found = as_text(Bytes(piece)).find(wanted, sizeof(StreamFrame));
        if (found != std::string_view::npos)
            return at + found - sizeof(StreamFrame);
        if (piece.size() < bytes.size())
            break;
        // The next piece begins where a signature could have been cut.
        at = std::max(at + 1, content.next_data(at + piece.size() - wanted.size() - sizeof(StreamFrame)));
        bytes.resize(std::min(bytes.size() * 2, largest));
    }
    return content.size();
}

} // namespace

void StreamIndex::take(std::uint64_t offset, const StreamSection& section, const format::StreamFacts& facts) {
    const std::uint64_t next = pages_.empty() ? 0 : pages_.back().end;
    // One that contradicts those before, or the facts, is as good as damaged.
    if (section.count == 0 || section.count > facts.frame_pages || section.first < next ||
        section.first > facts.kept_pages || section.count > facts.kept_pages - section.first)
        return;
    sections_.push_back({offset, section.first, section.count, section.kind});
    if (section.first == next && !pages_.empty())
        pages_.back().end += section.count;
    else
        pages_.push_back({section.first, section.first + section.count});
}

Result<StreamIndex> StreamIndex::build(const Content& content, const format::StreamFacts& facts) {
    StreamIndex index;
    for (std::uint64_t at = 0; at < content.size() && !index.ended_;) {
        KDK_ASSIGN(const auto found, section_at(content, at));
        if (!found) {
            KDK_ASSIGN(const std::uint64_t next, find_signature(content, at + 1));
            index.damaged_bytes_ += next - at;
            at = next;
            continue;
        }
        if (found->section.kind == StreamKind::pages)
            index.take(at, found->section, facts);
        index.partial_ = index.partial_ || found->section.kind == StreamKind::partial;
        index.ended_ = found->section.kind == StreamKind::index;
        at = found->end;
    }
    return index;
}

const StreamIndexEntry* StreamIndex::section_of(std::uint64_t number) const {
    const auto after =
        std::upper_bound(sections_.begin(), sections_.end(), number,
                         [](std::uint64_t n, const StreamIndexEntry& entry) { return n < entry.first; });
    if (after == sections_.begin() || number - std::prev(after)->first >= std::prev(after)->count)
        return nullptr;
    return &*std::prev(after);
}

} // namespace kdumpkit::dump
