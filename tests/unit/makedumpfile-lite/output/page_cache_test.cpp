// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/file.h"
#include "makedumpfile-lite/format/file_destination.h"
#include "tests/unit/makedumpfile-lite/folder.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/vfs.h>

using namespace kdumpkit;
using namespace kdumpkit::dump;
using test::Folder;

namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20;

std::uint64_t in_page_cache(const std::string& path, std::uint64_t size) {
    auto file = open_file(path, O_RDONLY);
    REQUIRE(file);
    void* const data = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file->get(), 0);
    REQUIRE(data != MAP_FAILED);
    std::vector<unsigned char> there(size / 4096);
    REQUIRE(::mincore(data, size, there.data()) == 0);
    ::munmap(data, size);
    return 4096 * static_cast<std::uint64_t>(
                      std::count_if(there.begin(), there.end(), [](unsigned char one) { return one & 1; }));
}

// The most of it that was in the page cache while it was written.
std::uint64_t most_in_page_cache(const std::string& path, std::uint64_t limit) {
    constexpr std::uint64_t size = 32 * mib;
    auto destination = format::FileDestination::create(path, false, limit);
    REQUIRE(destination);
    const std::vector<std::byte> block(mib / 4, std::byte{7});
    std::uint64_t most = 0;
    for (std::uint64_t at = 0; at < size; at += block.size()) {
        REQUIRE(destination->write(at, block));
        most = std::max(most, in_page_cache(path, at + block.size()));
    }
    destination->keep();
    REQUIRE(destination->close());
    return most;
}

} // namespace

TEST_CASE("of what is written a bounded part stays in the page cache") {
    const Folder folder;
    struct statfs filesystem {};
    REQUIRE(::statfs((folder / "").c_str(), &filesystem) == 0);
    if (filesystem.f_type == TMPFS_MAGIC) {
        WARN("not tested: the temporary folder is a tmpfs, whose files are in memory whatever one does");
        return;
    }
    CHECK(most_in_page_cache(folder / "bounded", 4 * mib) <= 5 * mib);
    CHECK(most_in_page_cache(folder / "free", std::numeric_limits<std::uint64_t>::max()) >= 16 * mib);
}
