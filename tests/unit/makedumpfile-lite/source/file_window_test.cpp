// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/source/file_window.h"
#include "tests/unit/makedumpfile-lite/folder.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <fcntl.h>

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

// Every 4 KiB begin with their number.
void write_numbered(const std::filesystem::path& path, std::uint64_t size) {
    std::ofstream out(path);
    for (std::uint64_t number = 0; number < size / 4096; ++number) {
        std::string page(4096, 'x');
        std::memcpy(page.data(), &number, sizeof(number));
        out << page;
    }
}

std::uint64_t number_at(FileWindow& window, std::uint64_t offset, std::size_t length) {
    const auto view = window.view(offset, length);
    REQUIRE(view);
    REQUIRE(view->size() == length);
    std::uint64_t number = 0;
    std::memcpy(&number, view->data(), sizeof(number));
    return number;
}

// A file with a descriptor that is to be mapped.
class ToBeMapped final : public Content {
  public:
    ToBeMapped(const std::filesystem::path& path, int descriptor)
        : file_(*open_file_content(path)), descriptor_(descriptor) {}
    const std::string& name() const override { return file_->name(); }
    std::uint64_t size() const override { return file_->size(); }
    int descriptor() const override { return descriptor_; }
    Result<> read(std::uint64_t offset, std::span<std::byte> out) const override {
        ++reads;
        return file_->read(offset, out);
    }
    mutable int reads = 0;

  private:
    std::unique_ptr<Content> file_;
    int descriptor_;
};

void check_views(FileWindow& window) {
    // Forth and back, short and long, more places than there are windows.
    for (const std::size_t length : {std::size_t{4096}, std::size_t{65536}, std::size_t{1} << 20})
        for (std::uint64_t step = 0; step < 16; ++step) {
            const std::uint64_t offset = step * 7 % 16 * 983040;
            CHECK(number_at(window, offset, length) == offset / 4096);
        }
    CHECK_FALSE(window.view(16 * mib - 4096, 8192));
    CHECK_FALSE(window.view(0, FileWindow::max_view + 1));
}

} // namespace

TEST_CASE("a window shows what the file holds, mapped, read, or read because it cannot be mapped") {
    const test::Folder folder;
    write_numbered(folder / "file", 16 * mib);
    SECTION("mapped, or read because mmap is not wanted") {
        const bool use_mmap = GENERATE(true, false);
        const auto fd = open_file(folder / "file", O_RDONLY);
        REQUIRE(fd);
        const ToBeMapped content(folder / "file", fd->get());
        FileWindow window(content, use_mmap);
        check_views(window);
        CHECK((content.reads == 0) == use_mmap);
    }
    SECTION("read") {
        const auto content = open_file_content(folder / "file");
        REQUIRE(content);
        FileWindow window(**content);
        check_views(window);
    }
    SECTION("not mappable") {
        const auto unmappable = open_file("/dev/null", O_RDONLY);
        REQUIRE(unmappable);
        const ToBeMapped content(folder / "file", unmappable->get());
        FileWindow window(content);
        check_views(window);
        CHECK(content.reads > 0);
    }
}

TEST_CASE("files of /proc are better mapped, others read") {
    const test::Folder folder;
    std::ofstream(folder / "file") << "x";
    CHECK(better_mapped(open_file("/proc/self/status", O_RDONLY)->get()));
    CHECK_FALSE(better_mapped(open_file(folder / "file", O_RDONLY)->get()));
    CHECK((*open_file_content(folder / "file"))->descriptor() == -1);
}

TEST_CASE("a file that becomes shorter is an error, not the end of the process") {
    const test::Folder folder;
    std::ofstream(folder / "file") << std::string(8 * mib, 'x');
    const auto content = open_file_content(folder / "file");
    REQUIRE(content);
    FileWindow window(**content);
    REQUIRE(window.view(0, 4096));
    std::filesystem::resize_file(folder / "file", mib);
    CHECK(window.view(mib - 4096, 4096)); // still there
    CHECK_FALSE(window.view(mib + 65536, 4096));
    CHECK_FALSE(window.view(6 * mib, mib));
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
