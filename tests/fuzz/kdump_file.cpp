// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/format/kdump_layout.h"
#include "tests/fuzz/image_file.h"
#include "tests/fuzz/sample_dump.h"

#include <cstring>

namespace kdumpkit::fuzz {

namespace {

void run(Bytes input) {
    const ImageFile file(input);
    use_image(dump::open_image(file.path()));
}

template<class T>
void set(Input& file, std::size_t at, T value) {
    std::memcpy(file.data() + at, &value, sizeof(value));
}

std::vector<Input> seeds() {
    using dump::format::DiskDumpHeader;
    using dump::format::KdumpSubHeader;
    const Input core = sample_core().finish();
    std::vector<Input> all;
    for (const char* compression : {"zlib", "lzo", "snappy", "zstd", "none"})
        all.push_back(sample_dump(core, {"-d1", "--compress", compression}));
    const Input sound = all.back();
    Input unfinished = sound;
    set(unfinished, offsetof(DiskDumpHeader, status), dump::format::status_incomplete);
    all.push_back(unfinished);
    Input split = sound;
    set(split, 4096 + offsetof(KdumpSubHeader, split), 1);
    all.push_back(split);
    Input huge = sound; // more page frames than its bitmaps can hold, then bitmaps that the file cannot hold
    set(huge, 4096 + offsetof(KdumpSubHeader, max_mapnr), std::uint64_t{1} << 40);
    all.push_back(huge);
    set(huge, offsetof(DiskDumpHeader, bitmap_blocks), std::uint32_t{1} << 26);
    all.push_back(huge);
    for (const std::int32_t version : {1, 3, 5}) {
        Input old = sound;
        set(old, offsetof(DiskDumpHeader, header_version), version);
        all.push_back(old);
    }
    // The second bitmap, where the sample's is: it names pages that the first does not.
    Input disagreeing = sound;
    for (std::size_t at = 3 * 4096; at < 5 * std::size_t{4096} && at < disagreeing.size(); ++at)
        disagreeing[at] = std::byte{0xff};
    all.push_back(disagreeing);
    return all;
}

} // namespace

extern const Target kdump_file;
const Target kdump_file{"kdump_file", 1 << 17, run, seeds};

} // namespace kdumpkit::fuzz
