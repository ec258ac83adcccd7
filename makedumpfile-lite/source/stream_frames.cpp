// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/source/stream_frames.h"

#include <algorithm>

namespace kdumpkit::dump {

namespace {

constexpr std::uint64_t cached_bytes = std::uint64_t{8} << 20;
constexpr std::uint64_t fewest_cached = 2;

std::span<std::byte> writable(format::StreamSection& section) {
    return std::as_writable_bytes(std::span(&section, 1));
}

} // namespace

StreamFrameReader::StreamFrameReader(const StreamFrames& frames)
    : PagedReader(frames.content.name(), frames.facts.page_size), frames_(frames),
      unpacked_(std::max(cached_bytes / (frames.facts.frame_pages * frames.facts.page_size), fewest_cached)),
      zero_page_(page_size()) {}

std::optional<Range> StreamFrameReader::stored_at(std::uint64_t paddr) {
    const std::uint64_t pfn = paddr / page_size();
    if (!frames_.kept.contains(pfn))
        return std::nullopt;
    const auto* entry = frames_.index.section_of(frames_.numbers.number_of(pfn));
    if (entry == nullptr)
        return std::nullopt;
    const StreamPart& part = unpacked(*entry).part;
    const std::uint64_t frame =
        entry->offset + sizeof(format::StreamFrame) + sizeof(format::StreamSection) + part.zeros.size();
    return Range{frame, frame + part.frame.size()};
}

const StreamFrameReader::Unpacked& StreamFrameReader::unpacked(const format::StreamIndexEntry& entry) {
    auto& slot = unpacked_.find(&entry);
    if (slot.key != &entry) {
        slot.key = &entry;
        const auto done = unpack(entry, slot.value);
        // Remembered, so that a damaged frame is not tried again for each of its pages.
        slot.value.fault = done ? std::string() : done.error().reason;
    }
    return slot.value;
}

Result<> StreamFrameReader::unpack(const format::StreamIndexEntry& entry, Unpacked& frame) {
    const std::uint64_t at = entry.offset + sizeof(format::StreamFrame);
    StreamPart& part = frame.part;
    KDK_TRY(frames_.content.read(at, writable(part.section)));
    part.zeros.resize((std::size_t{entry.count} + 7) / 8);
    KDK_TRY(frames_.content.read(at + sizeof(part.section), part.zeros));
    // The index looked at the section before, but a file can change.
    const std::uint64_t stored = (entry.count - zeros_before(part, entry.count)) * page_size();
    if (part.section.count != entry.count || !has_sound_sizes(part.section, part.zeros.size()) ||
        part.section.unpacked != stored)
        return fail(make_error(ErrorKind::corrupt, "unpack", frames_.content.name(),
                               "the frame is not of the size of its pages"));
    part.frame.resize(part.section.packed);
    KDK_TRY(frames_.content.read(at + sizeof(part.section) + part.zeros.size(), part.frame));
    return unpack_stream_frame(part, frame.pages, frames_.content.name());
}

Result<Bytes> StreamFrameReader::page(std::uint64_t pfn) {
    const std::uint64_t paddr = pfn * page_size();
    if (!frames_.kept.contains(pfn))
        return fail(at(paddr, ErrorKind::absent,
                       frames_.memory.contains(paddr) ? "this page was left out when the stream was made"
                                                      : "the image does not hold this memory"));
    const std::uint64_t number = frames_.numbers.number_of(pfn);
    const auto* entry = frames_.index.section_of(number);
    if (entry == nullptr)
        return fail(at(paddr, ErrorKind::corrupt, "the stream is cut off or damaged, and lacks this page"));
    const Unpacked& frame = unpacked(*entry);
    if (!frame.fault.empty())
        return fail(damaged(pfn, entry->offset, frame.fault));
    const auto index = static_cast<std::uint32_t>(number - entry->first);
    if ((frame.part.zeros[index / 8] >> (index % 8) & std::byte{1}) != std::byte{0})
        return Bytes(zero_page_);
    return Bytes(frame.pages).subspan((index - zeros_before(frame.part, index)) * page_size(), page_size());
}

Result<> StreamFrameReader::load(std::uint64_t pfn, std::span<std::byte> out) {
    KDK_ASSIGN(const Bytes bytes, page(pfn));
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return {};
}

} // namespace kdumpkit::dump
