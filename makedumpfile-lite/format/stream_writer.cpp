// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/format/stream_writer.h"

#include "makedumpfile-lite/format/stream_checksum.h"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>
#include <zstd.h>

namespace kdumpkit::dump::format {

namespace {

// As many bytes as the field has, always with a NUL at the end.
void copy_field(std::span<char> utsname, std::size_t index, const std::string& text) {
    std::copy_n(text.data(), std::min<std::size_t>(text.size(), 64), utsname.data() + index * 65);
}

Result<std::vector<std::byte>> pack(Bytes bytes, int level) {
    std::vector<std::byte> packed(ZSTD_compressBound(bytes.size()));
    ZSTD_CCtx* context = ZSTD_createCCtx();
    std::size_t size = 0;
    if (context != nullptr) {
        (void)ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
        (void)ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
        size = ZSTD_compress2(context, packed.data(), packed.size(), bytes.data(), bytes.size());
    }
    ZSTD_freeCCtx(context);
    if (size == 0 || ZSTD_isError(size) != 0)
        return fail(ErrorKind::system, "compress", "the headers of the stream", "out of memory");
    packed.resize(size);
    return packed;
}

} // namespace

Result<StreamWriter> StreamWriter::begin(Destination& destination, const KdumpFacts& facts,
                                         const PageSet& memory, const PageSet& kept,
                                         std::uint32_t frame_pages, int level) {
    StreamWriter writer(destination);
    StreamFacts head;
    head.page_size = facts.page_size;
    head.limit = std::max(memory.limit(), kept.limit());
    head.memory_pages = memory.count();
    head.kept_pages = writer.expected_ = kept.count();
    head.phys_base = facts.phys_base;
    head.crash_time = facts.crash_time;
    head.level = facts.level;
    head.frame_pages = frame_pages;
    const std::array names = {&facts.utsname.sysname, &facts.utsname.nodename, &facts.utsname.release,
                              &facts.utsname.version, &facts.utsname.machine,  &facts.utsname.domainname};
    for (std::size_t i = 0; i < names.size(); ++i)
        copy_field(head.utsname, i, *names[i]);
    KDK_TRY(writer.write_packed(StreamKind::facts, bytes_of(head), 1, level));
    KDK_TRY(writer.write_packed(StreamKind::notes, facts.notes, 1, level));
    KDK_TRY(writer.write_packed(StreamKind::vmcoreinfo, as_bytes(facts.vmcoreinfo), 1, level));
    KDK_TRY(writer.write_packed(StreamKind::eraseinfo, as_bytes(facts.eraseinfo), 1, level));
    KDK_TRY(writer.write_set(StreamKind::memory, memory, level));
    KDK_TRY(writer.write_set(StreamKind::kept, kept, level));
    return writer;
}

Result<> StreamWriter::write_section(StreamSection section, Bytes behind, Bytes frame) {
    std::copy(stream_signature.begin(), stream_signature.end(), section.signature.begin());
    section.number = index_.size();
    section.packed = static_cast<std::uint32_t>(frame.size());
    section.checksum = stream_checksum(section, behind);
    const StreamFrame lead{stream_magic, static_cast<std::uint32_t>(sizeof(section) + behind.size())};
    index_.push_back({destination_->end(), section.first, section.count, section.kind});
    KDK_TRY(destination_->write(destination_->end(), bytes_of(lead)));
    KDK_TRY(destination_->write(destination_->end(), bytes_of(section)));
    if (!behind.empty())
        KDK_TRY(destination_->write(destination_->end(), behind));
    return frame.empty() ? Result<>() : destination_->write(destination_->end(), frame);
}

Result<> StreamWriter::write_packed(StreamKind kind, Bytes bytes, std::uint32_t count, int level) {
    if (bytes.empty())
        return {};
    StreamSection section;
    section.kind = kind;
    section.count = count;
    section.unpacked = bytes.size();
    KDK_ASSIGN(const auto packed, pack(bytes, level));
    return write_section(section, {}, packed);
}

Result<> StreamWriter::write_set(StreamKind kind, const PageSet& set, int level) {
    std::vector<StreamChunk> chunks;
    chunks.reserve(chunks_per_section);
    const std::uint64_t end = (set.limit() + PageSet::chunk_pages - 1) / PageSet::chunk_pages;
    for (std::uint64_t at = set.next_chunk(0);; at = set.next_chunk(at + 1)) {
        if (chunks.size() == chunks_per_section || (at >= end && !chunks.empty())) {
            KDK_TRY(write_packed(kind, std::as_bytes(std::span(chunks)),
                                 static_cast<std::uint32_t>(chunks.size()), level));
            chunks.clear();
        }
        if (at >= end)
            return {};
        chunks.push_back({at, {}});
        set.copy_chunk(at, chunks.back().bits);
    }
}

Result<> StreamWriter::append(const PageBlock& block) {
    if (block.pages.empty())
        return {};
    if (written_ + block.pages.size() > expected_)
        return fail(ErrorKind::invalid, "append to", destination_->name(), "more pages than its bitmap has");
    StreamSection section;
    section.kind = StreamKind::pages;
    section.first = written_;
    section.count = static_cast<std::uint32_t>(block.pages.size());
    section.unpacked = block.unpacked;
    std::vector<std::byte> zeros((block.pages.size() + 7) / 8);
    for (std::size_t i = 0; i < block.pages.size(); ++i)
        if (block.pages[i].size == 0)
            zeros[i / 8] |= static_cast<std::byte>(1U << (i % 8));
    KDK_TRY(write_section(section, zeros, block.stored()));
    written_ += block.pages.size();
    destination_->keep();
    return {};
}

Result<> StreamWriter::finish(bool partial) {
    if (written_ != expected_)
        return fail(ErrorKind::invalid, "finish", destination_->name(),
                    fmt::format("{} of {} pages were written", written_, expected_));
    if (partial) {
        StreamSection note;
        note.kind = StreamKind::partial;
        KDK_TRY(write_section(note, {}, {}));
    }
    StreamIndexEnd last;
    last.offset = destination_->end();
    std::copy(stream_end_signature.begin(), stream_end_signature.end(), last.signature.begin());
    std::vector<std::byte> behind(index_.size() * sizeof(StreamIndexEntry));
    const Bytes entries = std::as_bytes(std::span(index_));
    std::copy(entries.begin(), entries.end(), behind.begin());
    const Bytes end = bytes_of(last);
    behind.insert(behind.end(), end.begin(), end.end());
    StreamSection section;
    section.kind = StreamKind::index;
    section.count = static_cast<std::uint32_t>(index_.size());
    KDK_TRY(write_section(section, behind, {}));
    destination_->keep();
    return destination_->sync();
}

} // namespace kdumpkit::dump::format
