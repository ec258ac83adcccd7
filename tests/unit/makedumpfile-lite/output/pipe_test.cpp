// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/file.h"
#include "makedumpfile-lite/format/flat_layout.h"
#include "makedumpfile-lite/format/pipe_destination.h"
#include "tests/unit/makedumpfile-lite/folder.h"

#include <csignal>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <unistd.h>

using namespace kdumpkit;
using namespace kdumpkit::dump;
using namespace kdumpkit::dump::format;
using test::Folder;

namespace {

FlatDestination flat(const std::string& path) {
    auto file = OutputFile::create(path, true, O_WRONLY);
    REQUIRE(file);
    return FlatDestination(std::move(*file));
}

// A number as the format has it: 64 bits, the highest byte first.
std::int64_t number(const std::vector<std::byte>& bytes, std::size_t at) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8; ++i)
        value = value << 8 | std::to_integer<std::uint64_t>(bytes[at + i]);
    return static_cast<std::int64_t>(value);
}

} // namespace

TEST_CASE("a flattened file is a header, records and an end") {
    const Folder folder;
    auto out = flat(folder / "flat");
    REQUIRE(out.write(1000000, as_bytes("later")));
    REQUIRE(out.write(0, as_bytes("first")));
    REQUIRE(out.write(7, Bytes()));
    REQUIRE(out.close());
    const auto bytes = *read_file(folder / "flat");
    REQUIRE(bytes.size() == 4096 + 16 + 5 + 16 + 5 + 16);
    CHECK(as_text(Bytes(bytes).first(13)) == std::string("makedumpfile") + '\0');
    CHECK(number(bytes, 16) == 1);
    CHECK(number(bytes, 24) == 1);
    CHECK(number(bytes, 4096) == 1000000);
    CHECK(number(bytes, 4104) == 5);
    CHECK(as_text(Bytes(bytes).subspan(4112, 5)) == "later");
    CHECK(number(bytes, 4117) == 0);
    CHECK(number(bytes, bytes.size() - 16) == -1);
    CHECK(number(bytes, bytes.size() - 8) == -1);
    CHECK(out.end() == 1000005);
    CHECK(out.size() == bytes.size());
}

TEST_CASE("a reader that went away is a failure of the destination") {
    std::signal(SIGPIPE, SIG_IGN);
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const Fd writing(ends[1]);
    auto file = OutputFile::create("/proc/self/fd/" + std::to_string(ends[1]), true, O_WRONLY);
    REQUIRE(file);
    FlatDestination out(std::move(*file));
    REQUIRE(out.write(0, as_bytes("x")));
    REQUIRE(::close(ends[0]) == 0);
    const auto result = out.write(1, as_bytes("y"));
    REQUIRE_FALSE(result);
    CHECK(result.error().errno_value == EPIPE);
    CHECK(exit_code(result.error()) == exit_codes::destination);
    CHECK_FALSE(out.restart());
}

TEST_CASE("a size limit stops before it is passed, with room for the end") {
    const Folder folder;
    const std::string_view text = "0123456789";
    auto out = flat(folder / "flat");
    out.set_size_limit(4096 + 3 * 16 + 15);
    REQUIRE(out.write(0, as_bytes(text)));
    const auto result = out.write(10, as_bytes(text));
    REQUIRE_FALSE(result);
    CHECK(is_out_of_space(result.error()));
    REQUIRE(out.close());
    CHECK(out.size() == 4096 + 16 + 10 + 16);
}

TEST_CASE("what goes through a plain pipe goes in order") {
    const Folder folder;
    auto file = OutputFile::create(folder / "stream", false, O_WRONLY);
    REQUIRE(file);
    PipeDestination out(std::move(*file));
    REQUIRE(out.write(0, as_bytes("abc")));
    CHECK_FALSE(out.write(0, as_bytes("again")));
    CHECK_FALSE(out.write(4, as_bytes("gap")));
    REQUIRE(out.write(3, as_bytes("def")));
    REQUIRE(out.restart());
    REQUIRE(out.write(0, as_bytes("anew")));
    out.keep();
    REQUIRE(out.close());
    CHECK(*read_text(folder / "stream") == "anew");
}

TEST_CASE("a full device is a failure of the destination") {
    auto file = OutputFile::create("/dev/full", true, O_WRONLY);
    REQUIRE(file);
    FlatDestination out(std::move(*file));
    const auto result = out.write(0, as_bytes("x"));
    REQUIRE_FALSE(result);
    CHECK(is_out_of_space(result.error()));
}
