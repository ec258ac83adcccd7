// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/source/file_window.h"
#include "tests/unit/makedumpfile-lite/folder.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <sys/mman.h>

using namespace kdumpkit;
using namespace kdumpkit::dump;

namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20;

// A medium with one page that cannot be read.
class BadSector final : public Content {
  public:
    static constexpr std::uint64_t bad = 40960;
    const std::string& name() const override { return name_; }
    std::uint64_t size() const override { return mib; }
    int descriptor() const override { return -1; }
    Result<> read(std::uint64_t offset, std::span<std::byte> out) const override {
        if (offset < bad + 4096 && bad < offset + out.size())
            return fail(make_error(ErrorKind::system, "read", name_, "Input/output error"));
        std::fill(out.begin(), out.end(), std::byte{7});
        return {};
    }
    std::uint64_t next_data(std::uint64_t offset) const override { return offset; }

  private:
    std::string name_ = "bad";
};

// Linux 5.14; asked of the kernel, because a build may run on an older one.
bool kernel_populates() {
    void* const page = ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const bool can = page != MAP_FAILED && ::madvise(page, 4096, 22) == 0;
    ::munmap(page, 4096);
    return can;
}

} // namespace

TEST_CASE("a mapped file that becomes shorter is an error, not the end of the process") {
    if (!kernel_populates()) {
        WARN("not tested: this kernel has no MADV_POPULATE_READ (Linux 5.14)");
        return;
    }
    const test::Folder folder;
    std::ofstream(folder / "file") << std::string(8 * mib, 'x');
    const auto content = open_file_content(folder / "file");
    REQUIRE(content);
    FileWindow window(**content);
    REQUIRE(window.view(0, 4096));
    std::filesystem::resize_file(folder / "file", mib);
    CHECK(window.view(mib - 4096, 4096));        // in the window, and still there
    CHECK_FALSE(window.view(mib + 65536, 4096)); // in the window, and gone
    CHECK_FALSE(window.view(6 * mib, 4096));     // in another one
    CHECK(window.view(8192, 4096));
}

TEST_CASE("pages beside one that cannot be read are read") {
    const BadSector content;
    FileWindow window(content);
    const auto before = window.view(BadSector::bad - 4096, 4096);
    REQUIRE(before);
    CHECK(before->front() == std::byte{7});
    CHECK_FALSE(window.view(BadSector::bad, 4096));
    CHECK(window.view(BadSector::bad + 4096, 4096));
    CHECK(window.view(0, 4096));
}
