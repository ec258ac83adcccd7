// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/format/flat_layout.h"
#include "makedumpfile-lite/format/kdump_layout.h"
#include "makedumpfile-lite/source/flattened_content.h"
#include "tests/fuzz/image_file.h"
#include "tests/fuzz/sample_dump.h"

#include <cstring>

namespace kdumpkit::fuzz {

namespace {

void run(Bytes input) {
    const ImageFile file(input);
    use_image(dump::open_image(file.path()));
    auto content = dump::open_file_content(file.path());
    require(content.has_value(), "a file can be opened");
    const auto described = dump::open_flattened_content(std::move(*content));
    if (!described)
        return;
    std::vector<std::byte> bytes(4096);
    std::uint64_t at = 0;
    for (int i = 0; i < 64 && at < (*described)->size(); ++i) {
        const auto size = std::min<std::uint64_t>(bytes.size(), (*described)->size() - at);
        require((*described)->read(at, std::span(bytes).first(size)).has_value(),
                "what is described can be read");
        const std::uint64_t next = (*described)->next_data(at + size);
        require(next >= at + size, "data is looked for forwards");
        at = next;
    }
}

// Puts a record behind the others, in front of the one that marks the end.
void add_record(Input& file, std::uint64_t offset, Bytes bytes) {
    const Input end(file.end() - 16, file.end());
    file.resize(file.size() - 16);
    const dump::format::FlatRecord record{dump::format::to_flat(static_cast<std::int64_t>(offset)),
                                          dump::format::to_flat(static_cast<std::int64_t>(bytes.size()))};
    file.insert(file.end(), bytes_of(record).begin(), bytes_of(record).end());
    file.insert(file.end(), bytes.begin(), bytes.end());
    file.insert(file.end(), end.begin(), end.end());
}

// Bitmaps of 2^40 page frames in a file of nearly nothing: one byte of bitmap in each 64 GiB.
Input sparse_bitmaps(const Input& dump) {
    using namespace dump::format;
    Input file = flattened(Bytes(dump).first(12288), 4096);
    const std::uint64_t pfns = std::uint64_t{1} << 40;
    const std::uint64_t bitmap = pfns / 8;
    add_record(file, offsetof(DiskDumpHeader, bitmap_blocks),
               bytes_of(static_cast<std::uint32_t>(2 * bitmap / 4096)));
    add_record(file, 4096 + offsetof(KdumpSubHeader, max_mapnr), bytes_of(pfns));
    const std::byte bit{1};
    for (std::uint64_t group = 0; group < 4000; ++group)
        add_record(file, 12288 + group * (std::uint64_t{2} << 20) + 4096, bytes_of(bit));
    add_record(file, 12288 + 2 * bitmap - 1, bytes_of(bit));
    return file;
}

std::vector<Input> seeds() {
    const Input core = sample_core().finish();
    const Input dump = sample_dump(core, {"-d1", "-z"});
    std::vector<Input> all = {flattened(dump, 4096), flattened(dump, 100), flattened(core, 1000)};
    Input far = all[0];
    add_record(far, INT64_MAX - 1, as_bytes("x"));
    all.push_back(far);
    // An ELF core whose memory is a hole of 2^51 bytes.
    dump::test::ElfFile hollow = sample_core();
    hollow.load(0x100000, std::uint64_t{1} << 51, 0x10000);
    Input hole = flattened(hollow.finish(), 4096);
    add_record(hole, std::uint64_t{1} << 52, as_bytes("x"));
    all.push_back(hole);
    all.push_back(sparse_bitmaps(dump));
    return all;
}

} // namespace

extern const Target flattened_file;
const Target flattened_file{"flattened_file", 1 << 17, run, seeds};

} // namespace kdumpkit::fuzz
