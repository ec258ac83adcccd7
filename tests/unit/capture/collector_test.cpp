// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/collector.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::capture;

namespace {
const Method filter31{DumpMethod::filter, 31, {}};
const Method filter1{DumpMethod::filter, 1, {}};
const Method filter0{DumpMethod::filter, 0, {}};
const Method copy31{DumpMethod::copy, 31, {}};
} // namespace

TEST_CASE("the ladder goes down from the wanted level to a plain copy, and never past a bad disk") {
    struct Case {
        Method tried;
        Ending ending;
        std::optional<Method> next;
    };
    const Case cases[] = {
        {filter31, Ending::success, std::nullopt},
        {filter31, Ending::failed, filter1},
        {filter31, Ending::killed, filter1},
        {filter31, Ending::destination_failed, std::nullopt},
        {filter31, Ending::wrong_use, copy31},
        {filter31, Ending::not_started, copy31},
        {filter1, Ending::failed, Method{DumpMethod::copy, 1, {}}},
        {filter1, Ending::killed, Method{DumpMethod::copy, 1, {}}},
        {filter0, Ending::failed, Method{DumpMethod::copy, 0, {}}},
        {copy31, Ending::failed, std::nullopt},
        {copy31, Ending::destination_failed, std::nullopt},
        {copy31, Ending::success, std::nullopt},
    };
    for (const Case& c : cases) {
        INFO(c.tried.text() << ", " << to_text(c.ending));
        CHECK(next_method(c.tried, c.ending) == c.next);
    }
}

TEST_CASE("every ladder ends") {
    for (unsigned level = 0; level <= 31; ++level) {
        for (const Ending ending : {Ending::failed, Ending::killed, Ending::wrong_use, Ending::not_started}) {
            std::optional<Method> method = Method{DumpMethod::filter, level, {}};
            int steps = 0;
            Method last;
            for (; method && steps < 10; ++steps) {
                last = *method;
                method = next_method(*method, ending);
            }
            CHECK(steps <= 3);
            CHECK(last.kind == DumpMethod::copy);
        }
    }
}

TEST_CASE("an exit status tells whose fault it was") {
    const auto exited = [](int code) {
        ExitStatus status;
        status.code = code;
        return Result<ExitStatus>(status);
    };
    CHECK(ending_of(exited(0)) == Ending::success);
    CHECK(ending_of(exited(1)) == Ending::failed);
    CHECK(ending_of(exited(2)) == Ending::wrong_use);
    CHECK(ending_of(exited(3)) == Ending::failed);
    CHECK(ending_of(exited(6)) == Ending::destination_failed);
    CHECK(ending_of(exited(127)) == Ending::not_started);
    ExitStatus killed;
    killed.signal = 9;
    CHECK(ending_of(killed) == Ending::killed);
    ExitStatus late;
    late.timed_out = true;
    CHECK(ending_of(late) == Ending::killed);
    CHECK(ending_of(fail(ErrorKind::absent, "start", "x")) == Ending::not_started);
}

TEST_CASE("the collector's command lines") {
    Method method = filter31;
    method.compression.level = 3;
    CHECK(dump_argv("/c", method, "/proc/vmcore", "/d/vmcore.incomplete", "/d/collector.json") ==
          std::vector<std::string>{"/c", "-d", "31", "--compress", "zstd:3", "--summary", "/d/collector.json",
                                   "--manifest", "/d/vmcore.incomplete.manifest", "/proc/vmcore",
                                   "/d/vmcore.incomplete"});
    CHECK(dump_argv("/c", method, "/v", "/o", "/s", "/etc/layout") ==
          std::vector<std::string>{"/c", "-d", "31", "--compress", "zstd:3", "--summary", "/s", "--manifest",
                                   "/o.manifest", "--layout", "/etc/layout", "/v", "/o"});
    method.level = 1; // the try that is to need nothing
    CHECK(dump_argv("/c", method, "/v", "/o", "/s", "/etc/layout").size() == 11);
    CHECK(dmesg_argv("/c", "/proc/vmcore", "/d/dmesg.txt") ==
          std::vector<std::string>{"/c", "--dump-dmesg", "/proc/vmcore", "/d/dmesg.txt"});
}
