// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/format/stream_checksum.h"
#include "makedumpfile-lite/format/stream_layout.h"
#include "makedumpfile-lite/source/stream_reader.h"
#include "tests/fuzz/image_file.h"
#include "tests/fuzz/sample_dump.h"

#include <cstring>

#include <fcntl.h>
#include <zstd.h>

namespace kdumpkit::fuzz {

namespace {

using dump::format::StreamFrame;
using dump::format::StreamSection;

// Makes the checksums of all sections right, so that what a lie says is believed.
void mend_checksums(Input& stream) {
    for (std::size_t at = 0; at + sizeof(StreamFrame) + sizeof(StreamSection) <= stream.size();) {
        StreamFrame frame;
        StreamSection section;
        std::memcpy(&frame, stream.data() + at, sizeof(frame));
        std::memcpy(&section, stream.data() + at + sizeof(frame), sizeof(section));
        const std::size_t behind = at + sizeof(frame) + sizeof(section);
        if (frame.size < sizeof(section) || frame.size - sizeof(section) > stream.size() - behind)
            return;
        const std::size_t extra = frame.size - sizeof(section);
        section.checksum = dump::format::stream_checksum(section, Bytes(stream).subspan(behind, extra));
        std::memcpy(stream.data() + at + sizeof(frame), &section, sizeof(section));
        at = behind + extra;
        if (section.packed > stream.size() - at)
            return;
        at += section.packed;
    }
}

void run(Bytes input) {
    Input stream = input_of(input);
    mend_checksums(stream);
    const ImageFile file(stream);
    use_image(dump::open_image(file.path()));
    const auto fd = open_file(file.path(), O_RDONLY);
    require(fd.has_value(), "a memfd can be opened");
    dump::SequentialInput sequence(fd->get(), "stream");
    dump::StreamReader reader(sequence);
    const auto head = reader.read_head();
    if (!head) {
        require(!head.error().reason.empty(), "a stream that cannot be read says why");
        return;
    }
    for (auto pfn = reader.kept().next(0); pfn; pfn = reader.kept().next(reader.kept().end_of_run(*pfn)))
        require(reader.memory().contains(*pfn), "only memory is kept");
    dump::StreamPart part;
    std::vector<std::byte> pages;
    std::uint64_t unpacked = 0;
    for (auto more = reader.next_pages(part); more && *more && unpacked < 1 << 24;
         more = reader.next_pages(part))
        if (dump::unpack_stream_frame(part, pages, "stream"))
            unpacked += pages.size() + 4096;
}

// A section whose frame holds `bytes`.
void add_section(Input& stream, dump::format::StreamKind kind, std::uint64_t number, std::uint32_t count,
                 const Input& bytes) {
    Input frame(ZSTD_compressBound(bytes.size()));
    frame.resize(ZSTD_compress(frame.data(), frame.size(), bytes.data(), bytes.size(), 1));
    const StreamFrame lead{dump::format::stream_magic, sizeof(StreamSection)};
    StreamSection section;
    std::copy(dump::format::stream_signature.begin(), dump::format::stream_signature.end(),
              section.signature.begin());
    section.kind = kind;
    section.number = number;
    section.count = count;
    section.packed = static_cast<std::uint32_t>(frame.size());
    section.unpacked = bytes.size();
    for (const Bytes piece : {bytes_of(lead), bytes_of(section), Bytes(frame)})
        stream.insert(stream.end(), piece.begin(), piece.end());
}

// Sets of pages with one page in each 64 GiB: next to nothing in the stream.
Input thin_sets(std::uint32_t chunks_per_section) {
    Input stream;
    dump::format::StreamFacts facts;
    facts.page_size = 4096;
    facts.limit = std::uint64_t{1} << 40;
    facts.frame_pages = 64;
    facts.memory_pages = 8192;
    add_section(stream, dump::format::StreamKind::facts, 0, 0, input_of(bytes_of(facts)));
    std::uint64_t group = 0;
    for (std::uint64_t number = 1; group < 8192; ++number) {
        Input chunks;
        for (std::uint32_t i = 0; i < chunks_per_section && group < 8192; ++i, ++group) {
            dump::format::StreamChunk chunk;
            chunk.index = group * 512;
            chunk.bits[0] = std::byte{1};
            chunks.insert(chunks.end(), bytes_of(chunk).begin(), bytes_of(chunk).end());
        }
        add_section(stream, dump::format::StreamKind::memory, number, chunks_per_section, chunks);
    }
    return stream;
}

// The same full pieces of a set over and over: a few bytes for each thousand of them.
Input repeated_sets() {
    Input stream;
    dump::format::StreamFacts facts;
    facts.page_size = 4096;
    facts.limit = std::uint64_t{1} << 30;
    facts.frame_pages = 64;
    add_section(stream, dump::format::StreamKind::facts, 0, 0, input_of(bytes_of(facts)));
    Input chunks;
    for (std::uint64_t i = 0; i < dump::format::chunks_per_section; ++i) {
        dump::format::StreamChunk chunk;
        chunk.index = i;
        chunk.bits.fill(std::byte{0xff});
        chunks.insert(chunks.end(), bytes_of(chunk).begin(), bytes_of(chunk).end());
    }
    for (std::uint64_t number = 1; stream.size() < 1 << 17; ++number)
        add_section(stream, dump::format::StreamKind::memory, number, dump::format::chunks_per_section,
                    chunks);
    return stream;
}

std::vector<Input> seeds() {
    const Input core = sample_core().finish();
    const Input sound = sample_dump(core, {"-d1", "--format", "stream"});
    Input bomb;
    dump::format::StreamFacts facts;
    facts.page_size = 4096;
    facts.limit = 1024;
    facts.frame_pages = 64;
    add_section(bomb, dump::format::StreamKind::facts, 0, 0, input_of(bytes_of(facts)));
    for (const auto kind : {dump::format::StreamKind::notes, dump::format::StreamKind::vmcoreinfo,
                            dump::format::StreamKind::eraseinfo})
        add_section(bomb, kind, static_cast<std::uint64_t>(kind) - 1, 0, Input(std::size_t{32} << 20));
    return {sound, bomb, thin_sets(256), thin_sets(4096), repeated_sets()};
}

} // namespace

extern const Target stream;
const Target stream{"stream", 1 << 17, run, seeds};

} // namespace kdumpkit::fuzz
