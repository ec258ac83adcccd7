// SPDX-License-Identifier: GPL-2.0-or-later
// Of images and parts that were cut, lost or damaged all that is left is saved, and what was saved says that
// it is not whole, in every format and every job that follows.
#include "makedumpfile-lite/source/image.h"
#include "tests/unit/makedumpfile-lite/program.h"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace kdumpkit;
using namespace kdumpkit::dump;
using test::FakeImage;
using test::Folder;
using test::run;
using test::says;
using test::write_vmcore;

namespace {

// How many pages the image gives; all of them must be the right ones.
std::uint64_t right_pages(const std::string& path) {
    const auto image = open_image(path);
    REQUIRE(image);
    const auto reader = (*image)->reader();
    std::uint64_t pages = 0;
    for (std::uint64_t pfn = 0; pfn < 700; ++pfn) {
        const auto page = reader->view(pfn * 4096, 4096);
        if (!page)
            continue;
        const auto expected = FakeImage::page(pfn);
        if (!std::equal(page->begin(), page->end(), expected.begin(), expected.end()))
            FAIL(path << ": wrong contents of pfn " << pfn);
        ++pages;
    }
    return pages;
}

void check_named_partial(const Folder& folder, const std::string& path) {
    INFO(path);
    const auto image = open_image(path);
    REQUIRE(image);
    CHECK((*image)->truncated());
    const auto info = run(folder, {"info", path});
    CHECK(says(info.out, "INCOMPLETE"));
    const auto json = run(folder, {"info", "--json", path});
    CHECK(nlohmann::json::parse(json.out)["complete"] == false);
    const auto verified = run(folder, {"verify", path});
    CHECK(verified.code == exit_codes::corrupt);
    CHECK(says(verified.out, "incomplete: "));
    for (const char* format : {"kdump", "elf"}) {
        const auto again =
            run(folder, {"-f", "-d1", "--format", format, "--summary", folder / "s", path, folder / "again"});
        INFO(again.err);
        CHECK(again.code == exit_codes::corrupt);
        CHECK(nlohmann::json::parse(*read_text(folder / "s"))["complete"] == false);
        CHECK((*open_image(folder / "again"))->truncated());
    }
}

void cut(const std::string& path, double share) {
    std::filesystem::resize_file(
        path, static_cast<std::uintmax_t>(share * static_cast<double>(std::filesystem::file_size(path))));
}

// A split dump of the 600 pages: 200 a part.
std::vector<std::string> split(const Folder& folder, const std::vector<std::string>& more = {}) {
    write_vmcore(folder / "vmcore", "");
    std::vector<std::string> parts = {folder / "one", folder / "two", folder / "three"};
    std::vector<std::string> arguments = {"--split", "--splitblock-size", "4", "-d1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.push_back(folder / "vmcore");
    arguments.insert(arguments.end(), parts.begin(), parts.end());
    const auto done = run(folder, arguments);
    INFO(done.err);
    REQUIRE(done.code == 0);
    return parts;
}

} // namespace

TEST_CASE("what is made of a truncated image says that it is partial, in every format") {
    const Folder folder;
    write_vmcore(folder / "vmcore", "");
    const bool dump = GENERATE(false, true);
    if (dump) { // a kdump-compressed file that was cut
        REQUIRE(run(folder, {"-d0", folder / "vmcore", folder / "kdump"}).code == 0);
        std::filesystem::rename(folder / "kdump", folder / "vmcore");
    }
    cut(folder / "vmcore", 0.5);
    const auto how = GENERATE(as<std::vector<std::string>>{}, std::vector<std::string>{"-z"},
                              std::vector<std::string>{"-E"}, std::vector<std::string>{"-F"},
                              std::vector<std::string>{"-F", "-E"});
    const char* job = GENERATE("-d1", "salvage");
    std::vector<std::string> arguments = {job};
    arguments.insert(arguments.end(), how.begin(), how.end());
    arguments.insert(arguments.end(), {folder / "vmcore", folder / "out"});
    const auto done = run(folder, arguments);
    INFO(done.err);
    CHECK(done.code == (std::string_view(job) == "salvage" ? 0 : exit_codes::corrupt));
    CHECK(says(done.err, "is incomplete: "));
    check_named_partial(folder, folder / "out");
    CHECK(right_pages(folder / "out") == right_pages(folder / "vmcore"));
}

TEST_CASE("a whole ELF core says nothing of the kind") {
    const Folder folder;
    write_vmcore(folder / "vmcore", "");
    REQUIRE(run(folder, {"-E", "-d1", folder / "vmcore", folder / "out"}).code == 0);
    CHECK_FALSE(says(*read_text(folder / "out"), "KDUMPKIT"));
    CHECK(run(folder, {"verify", folder / "out"}).code == 0);
    CHECK(right_pages(folder / "out") == 600);
}

TEST_CASE("what a truncated image lost does not read as zero in an ELF core") {
    const Folder folder;
    write_vmcore(folder / "vmcore", "");
    cut(folder / "vmcore", 0.5);
    CHECK(run(folder, {"-E", folder / "vmcore", folder / "out"}).code == exit_codes::corrupt);
    const auto bytes = *read_file(folder / "out");
    std::uint64_t end = 0; // of memory, by the program headers
    for (std::size_t i = 0; i < *ByteReader(bytes).u16(56); ++i) {
        const auto load = *ByteReader(bytes).raw<Elf64_Phdr>(64 + i * sizeof(Elf64_Phdr));
        if (load.p_type == PT_LOAD)
            end = std::max(end, load.p_paddr + load.p_memsz);
    }
    CHECK(end == (100 + 298) * 4096); // half of the 604 pages of the file are 4 of headers and 298 of memory
}

TEST_CASE("of a split dump with parts that are lost, cut off or damaged the rest is put together") {
    const Folder folder;
    const auto parts = split(folder);
    std::vector<std::string> named = parts;
    std::uint64_t lost = 0;
    std::string said;
    SECTION("the first is lost") {
        named.erase(named.begin());
        lost = 200;
        said = "lost: pfns 0x0 to 0xc7, 200 pages: no part has them";
    }
    SECTION("the one in the middle") {
        named.erase(named.begin() + 1);
        lost = 200;
        said = "lost: pfns 0xc8 to 0x1f3, 200 pages"; // 100 pfns of these are no memory
    }
    SECTION("all but the last") {
        named = {parts[2]};
        lost = 400;
        said = "lost: pfns 0x0 to 0x1f3, 400 pages";
    }
    SECTION("one is empty") {
        std::filesystem::resize_file(parts[1], 0);
        lost = 200;
        said = "lost: pfns 0xc8 to 0x1f3, 200 pages";
    }
    SECTION("one is cut off inside its pages") {
        cut(parts[1], 0.9);
        said = "its part does not have the bytes of it";
    }
    SECTION("one is cut off inside its descriptors") {
        std::filesystem::resize_file(parts[0], 4 * 4096 + 24 * 10 + 5);
        lost = 198; // of the ten whose descriptors are there, two are filled with zero and need no bytes
        said = "lost: pages 0xa to 0xc7: missing";
    }
    SECTION("the place of a page makes no sense") {
        std::fstream file(parts[0], std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(4 * 4096 + 24 * 7 + 8); // pfn 7: its size
        file.write("\xff\xff\xff\xff", 4);
        lost = 1;
        said = "lost: page 0x7: its part says that it has 4294967295 bytes";
    }
    std::vector<std::string> arguments = {"--reassemble"};
    arguments.insert(arguments.end(), named.begin(), named.end());
    arguments.push_back(folder / "whole");
    const auto done = run(folder, arguments);
    INFO(done.err);
    CHECK(done.code == exit_codes::corrupt);
    CHECK(says(done.err, said));
    CHECK(says(done.err, "of 600 pages are lost"));
    if (lost != 0)
        CHECK(right_pages(folder / "whole") == 600 - lost);
    CHECK(right_pages(folder / "whole") >= 200);
    check_named_partial(folder, folder / "whole");
}

TEST_CASE("one file of a split dump can be looked at, verified and salvaged, and is dumped by nobody as if "
          "it were whole") {
    const Folder folder;
    const auto parts = split(folder, {"-z"});
    CHECK(right_pages(parts[1]) == 200);
    CHECK(says(run(folder, {"info", parts[1]}).out, "one file of a split dump, pfns 0xc8 to 0x1f4"));
    const auto verified = run(folder, {"verify", parts[1]});
    INFO(verified.err << verified.out);
    CHECK(verified.code == 0);
    CHECK(says(verified.out, "all of its 200 pages can be read"));
    const auto dumped = run(folder, {"-d1", parts[1], folder / "out"});
    CHECK(dumped.code == exit_codes::unsupported);
    CHECK(says(dumped.err, "--reassemble"));
    const auto salvaged = run(folder, {"salvage", parts[1], folder / "out"});
    INFO(salvaged.err);
    CHECK(salvaged.code == 0);
    CHECK(right_pages(folder / "out") == 200);
    check_named_partial(folder, folder / "out");
}

TEST_CASE("a part of a split dump that finds no room does not cost the others") {
    const Folder folder;
    write_vmcore(folder / "vmcore", "");
    const auto done =
        run(folder, {"-f", "--split", "--splitblock-size", "4", "-d1", "--summary", folder / "s",
                     folder / "vmcore", folder / "one", "/dev/full", folder / "three"});
    INFO(done.err);
    CHECK(done.code == exit_codes::destination);
    CHECK(right_pages(folder / "one") == 200);
    CHECK(right_pages(folder / "three") == 200);
    const auto summary = nlohmann::json::parse(*read_text(folder / "s"));
    CHECK(summary["complete"] == false);
    REQUIRE(summary["parts"].size() == 3);
    CHECK(summary["parts"][0]["complete"] == true);
    CHECK(summary["parts"][1]["complete"] == false);
    CHECK(summary["parts"][2]["written_pages"] == 200);
    const auto whole = run(folder, {"--reassemble", folder / "one", folder / "three", folder / "whole"});
    CHECK(whole.code == exit_codes::corrupt);
    CHECK(right_pages(folder / "whole") == 400);
}

TEST_CASE("a limit of size holds for each part of a split dump, and every part has what fits") {
    const Folder folder;
    write_vmcore(folder / "vmcore", "");
    const auto done = run(folder, {"--split", "--splitblock-size", "4", "-L", "500K", folder / "vmcore",
                                   folder / "one", folder / "two", folder / "three"});
    INFO(done.err);
    CHECK(done.code == exit_codes::destination);
    for (const char* part : {"one", "two", "three"}) {
        CHECK(std::filesystem::file_size(folder / part) <= 500 << 10);
        CHECK(right_pages(folder / part) > 50);
    }
    const auto whole =
        run(folder, {"--reassemble", folder / "one", folder / "two", folder / "three", folder / "whole"});
    CHECK(whole.code == exit_codes::corrupt);
    CHECK(right_pages(folder / "whole") > 200);
    // With a smaller dump to try there is no use in the other parts of this one.
    const auto retried = run(folder, {"--split", "--splitblock-size", "4", "-f", "-L", "900K", "-d", "0,1",
                                      "--share-duplicates", "off", folder / "vmcore", folder / "one",
                                      folder / "two", folder / "three"});
    INFO(retried.err);
    CHECK(retried.code == 0);
    CHECK_FALSE(says(retried.err, "the other parts are written"));
    CHECK(run(folder,
              {"--reassemble", "-f", folder / "one", folder / "two", folder / "three", folder / "whole"})
              .code == 0);
}

TEST_CASE("salvage writes what a dump can be, also in parts and through a pipe") {
    const Folder folder;
    write_vmcore(folder / "vmcore", "");
    REQUIRE(run(folder, {"-d0", folder / "vmcore", folder / "damaged"}).code == 0);
    cut(folder / "damaged", 0.6);
    const std::uint64_t left = right_pages(folder / "damaged");
    REQUIRE(left > 300);
    const auto parts = run(folder, {"salvage", "--split", folder / "damaged", folder / "a", folder / "b"});
    INFO(parts.err);
    CHECK(parts.code == 0);
    CHECK(right_pages(folder / "a") + right_pages(folder / "b") == left);
    const auto flat = run(folder, {"salvage", "-F", folder / "damaged"});
    CHECK(flat.code == 0);
    REQUIRE(write_file_atomically(folder / "flat", flat.out));
    CHECK(right_pages(folder / "flat") == left);
    CHECK((*open_image(folder / "flat"))->truncated());
    const auto two = run(folder, {"salvage", folder / "a", folder / "b", folder / "out"});
    CHECK(two.code == exit_codes::invalid);
    CHECK(says(two.err, "--reassemble"));
}
