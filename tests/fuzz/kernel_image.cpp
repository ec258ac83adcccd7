// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/image/arm64_image.h"
#include "loader/image/open.h"
#include "tests/fuzz/target.h"
#include "tests/unit/loader/packed.h"
#include "tests/unit/loader/wrapped.h"

namespace kdumpkit::fuzz {

namespace {

using namespace loader;

// Whatever a file claims, what would be loaded of it lies in memory that was given or unpacked, and fits
// where it says.
void run(Bytes input) {
    const auto image = open_image(input, "fuzzed");
    (void)parse_arm64_image(input, "fuzzed");
    if (!image)
        return;
    const Kernel& kernel = image->kernel;
    require(!kernel.content.empty() && (kernel.entry64 || kernel.pvh) &&
                kernel.entry64.value_or(0) < kernel.content.size(),
            "the entry is inside the kernel");
    require(kernel.setup_header.size() <= 0x290 - Kernel::header_offset,
            "the setup header fits into the zero page");
    require(kernel.init_size <= std::uint64_t{1} << 30, "no kernel needs more than 1 GiB");
    std::size_t sum = 0;
    for (const std::byte b : kernel.content)
        sum += std::to_integer<std::size_t>(b);
    if (image->unified && image->unified->initrd)
        for (const std::byte b : *image->unified->initrd)
            sum += std::to_integer<std::size_t>(b);
    require(sum < ~std::size_t{0}, "every byte can be read");
}

std::vector<Input> seeds() {
    const Input kernel = fixtures::bzimage(4096, 0x200000);
    const Input unified = fixtures::pe({{".osrel", fixtures::bytes("ID=x\n")},
                                        {".cmdline", fixtures::bytes("quiet")},
                                        {".initrd", fixtures::initrd(600)},
                                        {".linux", kernel}});
    std::vector<Input> list{kernel, unified, fixtures::vmlinux().file(), fixtures::arm64_image(4096, 8192)};
    for (const Compression compression : {Compression::gzip, Compression::xz, Compression::lzma,
                                          Compression::zstd, Compression::lz4, Compression::lz4_legacy})
        list.push_back(fixtures::packed(compression, kernel));
    list.push_back(fixtures::zboot(list[4], "gzip"));
    list.push_back(fixtures::packed(Compression::zstd, unified));
    return list;
}

} // namespace

extern const Target kernel_image;
const Target kernel_image{"kernel_image", 65536, run, seeds};

} // namespace kdumpkit::fuzz
