// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/file.h"
#include "base/log.h"
#include "base/progress.h"

#include <catch2/catch.hpp>
#include <unistd.h>

using namespace kdumpkit;

TEST_CASE("sizes are told with the digits that matter") {
    CHECK(human_bytes(0) == "0 B");
    CHECK(human_bytes(999) == "999 B");
    CHECK(human_bytes(1024) == "1.0 KiB");
    CHECK(human_bytes(1536 * 1024) == "1.5 MiB");
    CHECK(human_bytes(std::uint64_t{152} << 20) == "152 MiB");
    CHECK(human_bytes(std::uint64_t{1000} << 20) == "1.0 GiB");
    CHECK(human_bytes(UINT64_MAX) == "16 EiB");
}

TEST_CASE("progress tells share, rate and time left") {
    CHECK(Progress::text("copy", std::uint64_t{1} << 30, std::uint64_t{2} << 30, 2.0) ==
          "copy   50 %  1.0 GiB of 2.0 GiB  512 MiB/s  2 s left");
    CHECK(Progress::text("read", 2048, 0, 0) == "read  2.0 KiB"); // no rate over no time
    CHECK(Progress::text("copy", 10, 5, 1.0) == "copy  100 %  10 B of 5 B  10 B/s");
}

TEST_CASE("progress that is not on a terminal is plain lines, the last one always") {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const Fd read_end(ends[0]);
    {
        const Fd write_end(ends[1]);
        Progress progress(ends[1], "copy", 100, std::chrono::hours(1));
        progress.update(50); // within the quiet interval: nothing
        progress.update(100);
        progress.finish();
        progress.finish();
    }
    char text[256] = {};
    REQUIRE(::read(read_end.get(), text, sizeof text - 1) > 0);
    const std::string line(text);
    CHECK(line.rfind("copy  100 %", 0) == 0);
    CHECK(line.find('\n') == line.size() - 1);
    CHECK(line.find('\r') == std::string::npos);
}

TEST_CASE("a log drops what is below its threshold") {
    std::string seen;
    const Log log([&](LogLevel, std::string_view line) { seen += std::string(line) + "|"; },
                  LogLevel::warning);
    log.error("e{}", 1);
    log.warning("w");
    log.info("i");
    log.debug("d");
    CHECK(seen == "e1|w|");
}
