// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/bytes.h"
#include "capture/send/body.h"

#include <array>
#include <string>

#include <catch2/catch.hpp>
#include <unistd.h>

using namespace kdumpkit;
using namespace kdumpkit::send;

namespace {

struct Pipe {
    Fd read, write;
    Pipe() {
        std::array<int, 2> fds{};
        REQUIRE(::pipe(fds.data()) == 0);
        read = Fd(fds[0]);
        write = Fd(fds[1]);
    }
    void put(const std::string& text) { REQUIRE(write_all(write.get(), as_bytes(text), "pipe")); }
};

// What one read gives, "(nothing)" or "(end)".
std::string read_at(Input& input, std::uint64_t offset, std::size_t most = 100) {
    std::string text(most, '?');
    const auto got = input.read(offset, std::as_writable_bytes(std::span(text)));
    if (!got)
        return "(error)";
    if (got->end)
        return "(end)";
    return got->bytes == 0 ? "(nothing)" : text.substr(0, got->bytes);
}

} // namespace

TEST_CASE("a pipe is read as it comes, and never waited for") {
    Pipe pipe;
    PipeInput input(pipe.read.get(), "pipe", 8);
    CHECK(read_at(input, 0) == "(nothing)");
    pipe.put("abcdef");
    CHECK(read_at(input, 0, 4) == "abcd");
    CHECK(read_at(input, 4) == "ef");
    CHECK(read_at(input, 6) == "(nothing)");
    CHECK_FALSE(input.size());
    InputBody body(input);
    REQUIRE(body.seek(6));
    CHECK_FALSE(body.at_end()); // more may come
    (void)pipe.write.close("pipe");
    CHECK(read_at(input, 6) == "(end)");
    CHECK(input.size() == 6);
    CHECK(body.at_end());
    REQUIRE(body.seek(5));
    CHECK_FALSE(body.at_end());
}

TEST_CASE("the last bytes of a pipe can be read again, what is older is gone") {
    Pipe pipe;
    PipeInput input(pipe.read.get(), "pipe", 8);
    pipe.put("abcdef");
    CHECK(read_at(input, 0) == "abcdef");
    pipe.put("ghijkl");
    std::string all = "abcdef";
    while (all.size() < 12)
        all += read_at(input, all.size());
    CHECK(all == "abcdefghijkl");
    CHECK(input.oldest() == 4);
    std::string again;
    while (again.size() < 8)
        again += read_at(input, 4 + again.size());
    CHECK(again == "efghijkl");
    CHECK(read_at(input, 3) == "(error)");
    CHECK(read_at(input, 13) == "(error)");

    InputBody body(input);
    CHECK_FALSE(body.began());
    const auto lost = body.seek(3);
    REQUIRE_FALSE(lost);
    CHECK(lost.error().verdict == Verdict::broken);
    CHECK(lost.error().error.reason.find("no longer in the buffer") != std::string::npos);
    REQUIRE_FALSE(body.seek(13));
    REQUIRE(body.seek(11));
    std::array<std::byte, 4> out{};
    CHECK(body.read(out)->bytes == 1);
    CHECK(body.began() == 11);
    CHECK(body.position() == 12);
}

TEST_CASE("bytes in memory know where they belong") {
    MemoryBody body(as_bytes("abc"), 100);
    std::array<std::byte, 2> out{};
    CHECK(body.read(out)->bytes == 2);
    CHECK(body.position() == 102);
    CHECK(body.read(out)->bytes == 1);
    CHECK(body.read(out)->end);
    REQUIRE(body.seek(0));
    CHECK(body.position() == 100);
    CHECK(body.size() == 3);
}
