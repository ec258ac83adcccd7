// SPDX-License-Identifier: GPL-2.0-or-later
// Manifests: judged by sha256sum, and by damage done on purpose.
#include "makedumpfile-lite/manifest.h"
#include "tests/unit/makedumpfile-lite/program.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace kdumpkit;
using namespace kdumpkit::dump;
using test::Folder;
using test::run;
using test::says;
using test::write_vmcore;

namespace {

// What coreutils makes of each block of a file.
std::vector<std::string> by_sha256sum(const Folder& folder, const std::string& path, std::uint64_t block) {
    const std::string command = "split -b " + std::to_string(block) + " --filter='sha256sum' '" + path +
                                "' > '" + folder / "sums" + "'";
    REQUIRE(std::system(command.c_str()) == 0); // NOLINT
    std::vector<std::string> sums;
    std::ifstream file(folder / "sums");
    for (std::string line; std::getline(file, line);)
        sums.push_back(line.substr(0, 64));
    return sums;
}

void flip(const std::string& path, std::uint64_t at) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(at));
    const int byte = file.get();
    file.seekp(static_cast<std::streamoff>(at));
    file.put(static_cast<char>(byte ^ 1));
}

} // namespace

TEST_CASE("blocks are hashed right in whatever order they are written") {
    std::mt19937 random(GENERATE(1, 2, 3, 4, 5));
    std::vector<std::byte> file(400000);
    std::vector<bool> written(file.size());
    format::BlockDigests hasher(4096);
    const auto put = [&](std::uint64_t offset, std::size_t size) {
        for (std::size_t i = 0; i < size; ++i)
            file[offset + i] = static_cast<std::byte>(random());
        hasher.write(offset, Bytes(file).subspan(offset, size));
    };
    // As a dump: headers, two streams side by side, holes, and the headers again; then anything.
    put(0, 5000);
    for (std::uint64_t i = 0; i < 40; ++i) {
        put(8000 + i * 100, 100);
        put(12000 + i * 3000, 3000 - (i % 5 == 0 ? 1000 : 0));
    }
    put(0, 464);
    for (int i = 0; i < 60; ++i)
        put(150000 + random() % 200000, random() % 9000);
    const std::uint64_t size = 370001;
    std::uint64_t read = 0;
    const auto digests = hasher.finish(size, [&](std::uint64_t offset, std::span<std::byte> out) -> Result<> {
        read += out.size();
        std::copy_n(file.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
        return {};
    });
    REQUIRE(digests);
    REQUIRE(digests->size() == 91);
    for (std::uint64_t i = 0; i < digests->size(); ++i)
        CHECK((*digests)[i] ==
              sha256_of(Bytes(file).subspan(i * 4096, std::min<std::uint64_t>(4096, size - i * 4096))));
}

TEST_CASE("blocks written one after the other are never read again") {
    const std::vector<std::byte> bytes(100);
    format::BlockDigests hasher(4096);
    for (std::uint64_t i = 0; i < 1000; ++i) {
        hasher.write(i * 100, bytes);
        hasher.write(1 << 20 | i * 40, Bytes(bytes).first(40));
    }
    CHECK(hasher.finish((1 << 20) + 40000, [](std::uint64_t, std::span<std::byte>) -> Result<> {
        return fail(ErrorKind::system, "read", "", "");
    }));
}

TEST_CASE("a manifest's digests are those of sha256sum, in every format, and verify compares with it") {
    const Folder folder;
    write_vmcore(folder / "vmcore", "");
    const auto how = GENERATE(std::vector<std::string>{"-d1"}, std::vector<std::string>{"-d0", "-z"},
                              std::vector<std::string>{"-E", "-d1"}, std::vector<std::string>{"-F", "-l"},
                              std::vector<std::string>{"--format", "stream"});
    std::vector<std::string> arguments = how;
    arguments.insert(arguments.end(),
                     {"--manifest", folder / "dump.manifest", folder / "vmcore", folder / "dump"});
    const auto done = run(folder, arguments);
    INFO(done.err);
    REQUIRE(done.code == 0);
    const auto manifest = read_manifest(folder / "dump.manifest");
    REQUIRE(manifest);
    CHECK(manifest->complete);
    CHECK(manifest->bytes == std::filesystem::file_size(folder / "dump"));
    const auto sums = by_sha256sum(folder, folder / "dump", manifest->block_bytes);
    REQUIRE(manifest->blocks.size() == sums.size());
    for (std::size_t i = 0; i < sums.size(); ++i)
        CHECK(to_hex(manifest->blocks[i]) == sums[i]);
    const auto good = run(folder, {"verify", folder / "dump"});
    INFO(good.out << good.err);
    CHECK(good.code == 0);
    CHECK(says(good.out, "every byte is what its manifest says"));
}

TEST_CASE("verify finds damage that no format would show, and names the pages that it hits") {
    const Folder folder;
    write_vmcore(folder / "vmcore", "");
    const bool elf = GENERATE(false, true);
    REQUIRE(run(folder, {elf ? "-E" : "-d0", "--share-duplicates", "off", "--manifest", folder / "m",
                         folder / "vmcore", folder / "dump"})
                .code == 0);
    const std::uint64_t size = std::filesystem::file_size(folder / "dump");
    flip(folder / "dump", size - 5000); // inside the last block; pages 0x2ba or so
    CHECK(run(folder, {"verify", folder / "dump"}).code == 0);
    const auto bad = run(folder, {"verify", "--json", "--manifest", folder / "m", folder / "dump"});
    INFO(bad.out << bad.err);
    CHECK(bad.code == exit_codes::corrupt);
    const auto json = nlohmann::json::parse(bad.out);
    CHECK(json["good"] == false);
    CHECK(json["readable_pages"] == 600);
    const std::uint64_t in_last_block = size % (1 << 20);
    CHECK(json["suspect_pages"].get<std::uint64_t>() >= in_last_block / 4096);
    CHECK(json["suspect_pages"].get<std::uint64_t>() <= in_last_block / 4096 + 2);
    CHECK(says(bad.out, "to 0x2bb: its bytes in the file are not what the manifest says"));
    // Of a file whose headers are gone the manifest still tells what is wrong.
    flip(folder / "dump", 0);
    const auto headless = run(folder, {"verify", "--manifest", folder / "m", folder / "dump"});
    CHECK(headless.code == exit_codes::corrupt);
    CHECK(says(headless.out, "bytes 0x0 to 0xfffff of the file are not what its manifest says"));
    // Cut, and grown.
    flip(folder / "dump", 0);
    std::filesystem::resize_file(folder / "dump", size + 1);
    CHECK(says(run(folder, {"verify", "--manifest", folder / "m", folder / "dump"}).out,
               "the file has " + std::to_string(size + 1) + " bytes, and its manifest says " +
                   std::to_string(size)));
}

TEST_CASE("a manifest that was damaged is not believed, and one of a replaced dump goes with it") {
    const Folder folder;
    write_vmcore(folder / "vmcore", "");
    REQUIRE(run(folder, {"-d1", "--manifest", folder / "dump.manifest", folder / "vmcore", folder / "dump"})
                .code == 0);
    const std::string text = *read_text(folder / "dump.manifest");
    for (std::size_t at = 0; at < text.size(); at += 7) {
        std::string damaged = text;
        damaged[at] ^= 1;
        const auto parsed = parse_manifest(damaged, "m");
        if (parsed) // a word that says nothing of the bytes, or blanks
            CHECK(parsed->blocks == parse_manifest(text, "m")->blocks);
        else
            CHECK(parsed.error().kind == ErrorKind::corrupt);
    }
    for (const char* wrong : {"", "{}", "[]", "{\"manifest\": 5}"})
        CHECK_FALSE(parse_manifest(wrong, "m"));
    REQUIRE(run(folder, {"-f", "-d1", "-z", folder / "vmcore", folder / "dump"}).code == 0);
    CHECK_FALSE(file_exists(folder / "dump.manifest"));
    CHECK(run(folder, {"verify", folder / "dump"}).code == 0);
}

TEST_CASE("a partial dump has a manifest that says so; -R and --reassemble write manifests, too") {
    const Folder folder;
    write_vmcore(folder / "vmcore", "");
    REQUIRE(run(folder, {"--split", folder / "vmcore", folder / "a", folder / "b"}).code == 0);
    CHECK(run(folder, {"--reassemble", "--manifest", folder / "m", folder / "a", folder / "b", folder / "ab"})
              .code == 0);
    CHECK(says(run(folder, {"verify", "--manifest", folder / "m", folder / "ab"}).out, "every byte"));
    const auto limited =
        run(folder, {"-L", "1M", "--manifest", folder / "m", folder / "vmcore", folder / "small"});
    CHECK(limited.code == exit_codes::destination);
    const auto manifest = read_manifest(folder / "m");
    REQUIRE(manifest);
    CHECK_FALSE(manifest->complete);
    CHECK(manifest->bytes == std::filesystem::file_size(folder / "small"));
    CHECK(to_hex(manifest->blocks[0]) == by_sha256sum(folder, folder / "small", manifest->block_bytes)[0]);
    CHECK(run(folder, {"--manifest", folder / "none/m", folder / "vmcore", folder / "e"}).code ==
          exit_codes::destination);
    CHECK_FALSE(file_exists(folder / "e"));
}

TEST_CASE("blocks of a manifest grow with the dump") {
    CHECK(manifest_block(0) == 1 << 20);
    CHECK(manifest_block(std::uint64_t{200} << 30) == 1 << 20);
    CHECK(manifest_block(std::uint64_t{12} << 40) == 64 << 20);
}

TEST_CASE("each part of a split dump has its own manifest") {
    const Folder folder;
    write_vmcore(folder / "vmcore", "");
    const auto done = run(folder, {"-d0", "-z", "--split", "--manifest", folder / "m", folder / "vmcore",
                                   folder / "a", folder / "b", folder / "c"});
    INFO(done.err);
    REQUIRE(done.code == 0);
    flip(folder / "b", std::filesystem::file_size(folder / "b") - 10);
    for (const auto& [part, manifest, code] :
         {std::tuple("a", "m.1", 0), std::tuple("b", "m.2", exit_codes::corrupt),
          std::tuple("c", "m.3", 0)}) {
        const auto verified = run(folder, {"verify", "--manifest", folder / manifest, folder / part});
        INFO(part << verified.out << verified.err);
        CHECK(verified.code == code);
    }
    // What is read is not written over by any of them.
    CHECK(run(folder, {"-d0", "-z", "--split", "-f", "--manifest", folder / "a", folder / "vmcore",
                       folder / "a.1", folder / "b"})
              .code == exit_codes::invalid);
}
