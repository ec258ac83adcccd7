// SPDX-License-Identifier: GPL-2.0-or-later
// A stream in a file as a crash image like any other.
#include "makedumpfile-lite/format/stream_layout.h"
#include "tests/unit/makedumpfile-lite/program.h"

#include <nlohmann/json.hpp>

using namespace kdumpkit;
using namespace kdumpkit::dump;
using namespace kdumpkit::dump::test;

namespace {

using File = std::vector<std::byte>;

File stream_of(const Folder& folder, const char* level) {
    write_vmcore(folder / "vmcore", "OSRELEASE=6.1.0-test\nPAGESIZE=4096\n");
    const auto made = run(folder, {"-f", "--format", "stream", level, folder / "vmcore", folder / "stream"});
    INFO(made.err);
    REQUIRE(made.code == 0);
    return *read_file(folder / "stream");
}

// The sections with pages, by the stream's own index.
std::vector<format::StreamIndexEntry> sections_of(const File& stream) {
    const ByteReader all{Bytes(stream)};
    std::uint64_t at =
        *all.u64(stream.size() - 16) + sizeof(format::StreamFrame) + sizeof(format::StreamSection);
    std::vector<format::StreamIndexEntry> sections;
    for (; at + sizeof(format::StreamIndexEntry) + 16 <= stream.size();
         at += sizeof(format::StreamIndexEntry))
        if (const auto entry = *all.raw<format::StreamIndexEntry>(at);
            entry.kind == format::StreamKind::pages)
            sections.push_back(entry);
    return sections;
}

// Every page that can be read is the right one; how many can.
std::uint64_t check_pages(const Image& image) {
    const auto reader = image.reader();
    std::uint64_t good = 0;
    for (std::uint64_t pfn = 0; pfn < 700; ++pfn) {
        const auto page = reader->view(pfn * 4096, 4096);
        if (!page) {
            CHECK(page.error().side == ErrorSide::source);
            const bool hole = pfn >= 200 && pfn < 300;
            if (hole || image.format() == "stream")
                CHECK(page.error().kind == (hole ? ErrorKind::absent : ErrorKind::corrupt));
            continue;
        }
        const auto expected = FakeImage::page(pfn);
        if (!std::equal(page->begin(), page->end(), expected.begin(), expected.end()))
            FAIL("wrong contents of pfn " << pfn);
        ++good;
    }
    return good;
}

std::uint64_t pages_in(const std::string& path) {
    const auto image = open_image(path);
    REQUIRE(image);
    return (*image)->present()->count();
}

} // namespace

TEST_CASE("a stream in a file is an image: memory, header, every page, views of any size") {
    const Folder folder;
    (void)stream_of(folder, GENERATE("-d0", "-d1"));
    const auto image = open_image(folder / "stream");
    REQUIRE(image);
    CHECK((*image)->format() == "stream");
    CHECK_FALSE((*image)->truncated());
    CHECK((*image)->warnings().empty());
    CHECK((*image)->memory() == RangeSet{{0, 200 * 4096}, {300 * 4096, 700 * 4096}});
    CHECK((*image)->present()->count() == vmcore_pages);
    CHECK((*image)->vmcoreinfo() == "OSRELEASE=6.1.0-test\nPAGESIZE=4096\n");
    CHECK((*image)->elf_machine() == EM_X86_64);
    CHECK((*image)->header()->release == "6.1.0-test");
    CHECK(check_pages(**image) == vmcore_pages);

    const auto reader = (*image)->reader();
    const auto across = reader->view(399 * 4096 + 4000, 2 * 4096);
    REQUIRE(across);
    const auto middle = FakeImage::page(400);
    CHECK(std::equal(middle.begin(), middle.end(), across->begin() + 96));
    CHECK(reader->view(199 * 4096, 4096 + 1).error().kind == ErrorKind::absent);
    CHECK_FALSE(reader->view(0, 0));
    CHECK_FALSE(reader->view(~std::uint64_t{0}, 2));
}

TEST_CASE("a stream that is dumped again gives the bytes that its crash image gives") {
    const Folder folder;
    (void)stream_of(folder, "-d1");
    const auto how = GENERATE(std::vector<std::string>{"-z", "-d1"}, std::vector<std::string>{"-E", "-d1"},
                              std::vector<std::string>{"--format", "stream", "-d1"});
    for (const char* source : {"vmcore", "stream"}) {
        auto arguments = how;
        arguments.insert(arguments.end(),
                         {folder / source, folder / (std::string("from-") + source).c_str()});
        const auto done = run(folder, arguments);
        INFO(done.err);
        REQUIRE(done.code == 0);
    }
    // A core remembers at which addresses the kernel saw its memory; a stream does not.
    if (how.front() != "-E")
        CHECK(*read_file(folder / "from-vmcore") == *read_file(folder / "from-stream"));
    CHECK(check_pages(**open_image(folder / "from-stream")) == vmcore_pages);
}

TEST_CASE("info and verify take a stream") {
    const Folder folder;
    (void)stream_of(folder, "-d1");
    const auto info = run(folder, {"info", "--json", folder / "stream"});
    INFO(info.err);
    REQUIRE(info.code == 0);
    const auto json = nlohmann::json::parse(info.out);
    CHECK(json["format"] == "stream");
    CHECK(json["compression"] == "zstd");
    CHECK(json["complete"] == true);
    const auto verify = run(folder, {"verify", folder / "stream"});
    CHECK(verify.code == 0);
    CHECK(says(verify.out, "good: stream, all of its 600 pages can be read"));
}

TEST_CASE("damage in a stream costs the frame that it lies in, and no other") {
    const Folder folder;
    File stream = stream_of(folder, "-d0");
    const auto sections = sections_of(stream);
    REQUIRE(sections.size() == 3);
    const auto& hit = sections[1];
    // The head of the section, by which it is found, or the frame with its pages.
    const bool head = GENERATE(true, false);
    stream[hit.offset + (head ? 20 : 400)] ^= std::byte{4};
    REQUIRE(write_file_atomically(folder / "stream", stream));

    const auto image = open_image(folder / "stream");
    REQUIRE(image);
    CHECK((*image)->truncated() == head);
    CHECK(check_pages(**image) == vmcore_pages - hit.count);
    const auto verify = run(folder, {"verify", folder / "stream"});
    check_failure(verify, exit_codes::corrupt, "fault");
    CHECK(says(verify.out, "344 of its 600 pages can be read"));
    const auto salvage = run(folder, {"salvage", folder / "stream", folder / "saved"});
    INFO(salvage.err);
    CHECK(salvage.code == 0);
    CHECK(pages_in(folder / "saved") == vmcore_pages - hit.count);
    CHECK(check_pages(**open_image(folder / "saved")) == vmcore_pages - hit.count);
    if (head)
        check_failure(run(folder, {"-d0", folder / "stream", folder / "again"}), exit_codes::corrupt,
                      "it is truncated or was never finished");
}

TEST_CASE("a stream that was cut is an image of what had arrived") {
    const Folder folder;
    const File stream = stream_of(folder, "-d0");
    std::uint64_t before = 0;
    for (std::size_t size = 0; size < stream.size(); size += 30011) {
        REQUIRE(write_file_atomically(folder / "cut", Bytes(stream).first(size)));
        const auto image = open_image(folder / "cut");
        if (!image) {
            CHECK(before == 0);
            continue;
        }
        CHECK((*image)->truncated());
        const std::uint64_t pages = check_pages(**image);
        CHECK(pages == (*image)->present()->count());
        CHECK(pages >= before);
        before = pages;
    }
    CHECK(before >= 512);
}
