// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/fuzz/image_file.h"

#include "makedumpfile-lite/filter.h"
#include "makedumpfile-lite/kernel/kernel.h"

#include <algorithm>

#include <sys/mman.h>

namespace kdumpkit::fuzz {

namespace {

const Log silent([](LogLevel, std::string_view) {});
constexpr std::uint64_t max_pages = 2048;

void read_memory(const dump::Image& image) {
    const auto reader = image.reader();
    std::uint64_t pages = 0;
    for (const Range& range : image.memory().ranges()) {
        require(range.begin < range.end, "no range of memory is empty");
        for (std::uint64_t at = range.begin; at < range.end && pages < max_pages; at += 4096, ++pages) {
            const auto bytes = reader->view(at, std::min<std::uint64_t>(4096, range.end - at));
            require(bytes || bytes.error().side == ErrorSide::source,
                    "a page that cannot be read is the source's");
        }
        (void)reader->view(range.end - 1, 2);
        (void)reader->view(range.begin, std::min<std::uint64_t>(dump::MemoryReader::max_view, range.size()));
    }
    (void)reader->view(~std::uint64_t{0}, 1);
}

} // namespace

ImageFile::ImageFile(Bytes input) : fd_(::memfd_create("input", MFD_CLOEXEC)) {
    require(fd_.valid() && write_all(fd_.get(), input, "a memfd").has_value(), "a memfd can be written");
}

void use_image(const Result<std::unique_ptr<dump::Image>>& image) {
    if (!image) {
        require(!image.error().object.empty(), "a failure names the file");
        return;
    }
    read_memory(**image);
    (void)(*image)->warnings();
    const auto kernel = dump::Kernel::open(**image, silent);
    const bool small = (*image)->memory().total() < std::uint64_t{1} << 40;
    if (!kernel) {
        if (small)
            (void)dump::select_all(**image);
        return;
    }
    (void)dump::read_dmesg(**image, **kernel, dump::LogPart::whole,
                           [](std::string_view) -> Result<> { return {}; });
    if (small)
        (void)dump::select_pages(**image, **kernel, dump::FilterOptions{31, true, true}, silent, {});
}

} // namespace kdumpkit::fuzz
