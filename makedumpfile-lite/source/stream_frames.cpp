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
      slots_(std::max(cached_bytes / (frames.facts.frame_pages * frames.facts.page_size), fewest_cached)),
      zero_page_(page_size()) {}

std::optional<Range> StreamFrameReader::stored_at(std::uint64_t paddr) {
    const std::uint64_t pfn = paddr / page_size();
    if (!frames_.kept.contains(pfn))
        return std::nullopt;
    const auto* entry = frames_.index.section_of(frames_.numbers.number_of(pfn));
    if (entry == nullptr)
        return std::nullopt;
    const Slot& slot = slot_of(*entry);
    const std::uint64_t frame =
        entry->offset + sizeof(format::StreamFrame) + sizeof(format::StreamSection) + slot.part.zeros.size();
    return Range{frame, frame + slot.part.frame.size()};
}

StreamFrameReader::Slot& StreamFrameReader::slot_of(const format::StreamIndexEntry& entry) {
    Slot* oldest = &slots_[0];
    for (Slot& slot : slots_) {
        if (slot.entry == &entry) {
            slot.used = ++clock_;
            return slot;
        }
        if (slot.used < oldest->used)
            oldest = &slot;
    }
    oldest->entry = &entry;
    oldest->used = ++clock_;
    const auto done = unpack(*oldest);
    // Remembered, so that a damaged frame is not tried again for each of its pages.
    oldest->fault = done ? std::string() : done.error().reason;
    return *oldest;
}

Result<> StreamFrameReader::unpack(Slot& slot) {
    const std::uint64_t at = slot.entry->offset + sizeof(format::StreamFrame);
    StreamPart& part = slot.part;
    KDK_TRY(frames_.content.read(at, writable(part.section)));
    part.zeros.resize((std::size_t{slot.entry->count} + 7) / 8);
    KDK_TRY(frames_.content.read(at + sizeof(part.section), part.zeros));
    // The index looked at the section before, but a file can change.
    const std::uint64_t stored = (slot.entry->count - zeros_before(part, slot.entry->count)) * page_size();
    if (part.section.count != slot.entry->count || !has_sound_sizes(part.section, part.zeros.size()) ||
        part.section.unpacked != stored)
        return fail(make_error(ErrorKind::corrupt, "unpack", frames_.content.name(),
                               "the frame is not of the size of its pages"));
    part.frame.resize(part.section.packed);
    KDK_TRY(frames_.content.read(at + sizeof(part.section) + part.zeros.size(), part.frame));
    return unpack_stream_frame(part, slot.pages, frames_.content.name());
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
    const Slot& slot = slot_of(*entry);
    if (!slot.fault.empty())
        return fail(damaged(pfn, entry->offset, slot.fault));
    const auto index = static_cast<std::uint32_t>(number - entry->first);
    if ((slot.part.zeros[index / 8] >> (index % 8) & std::byte{1}) != std::byte{0})
        return Bytes(zero_page_);
    return Bytes(slot.pages).subspan((index - zeros_before(slot.part, index)) * page_size(), page_size());
}

Result<> StreamFrameReader::load(std::uint64_t pfn, std::span<std::byte> out) {
    KDK_ASSIGN(const Bytes bytes, page(pfn));
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return {};
}

} // namespace kdumpkit::dump
