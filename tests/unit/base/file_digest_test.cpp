// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/file.h"
#include "base/file_digest.h"

#include <filesystem>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <unistd.h>

using namespace kdumpkit;

TEST_CASE("a file's digest is that of its bytes, wherever its pieces end") {
    const std::string path =
        std::filesystem::temp_directory_path() / fmt::format("kdumpkit-digest-{}", ::getpid());
    for (const std::size_t size : {0, 1, 131071, 131072, 131073, 262144, 300000}) {
        CAPTURE(size);
        std::string text(size, 'x');
        if (size > 0)
            text.back() = 'y';
        REQUIRE(write_file_atomically(path, text));
        const auto digest = digest_file(path);
        REQUIRE(digest);
        CHECK(digest->bytes == size);
        CHECK(digest->sha256 == sha256_of(as_bytes(text)));
    }
    std::filesystem::remove(path);
    CHECK(digest_file(path).error().kind == ErrorKind::absent);
}
