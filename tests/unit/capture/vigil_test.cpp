// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/vigil.h"
#include "capture/watchdog.h"
#include "world.h"

#include <future>

using namespace kdumpkit;
using namespace kdumpkit::capture;

namespace {
// Says that it hangs, and hangs.
const std::string hang = "touch \"$0.hung\"; exec sleep 1000";
} // namespace

TEST_CASE("a collector is ended when nothing of it moves, and spoken for when it is silent") {
    using Verdict = Vigil::Verdict;
    struct Look {
        double now;
        std::uint64_t bytes;
        double cpu;
        Verdict verdict;
    };
    const RunLimits limits{100, 20, 50, 8};
    const std::vector<std::vector<Look>> runs{
        // Nothing moves.
        {{7, 0, 0, Verdict::nothing},
         {8, 0, 0, Verdict::speak},
         {15, 0, 0.005, Verdict::nothing},
         {19.9, 0, 0.005, Verdict::speak},
         {20, 0, 0.005, Verdict::stalled}},
        // Bytes are life.
        {{19, 1, 0, Verdict::speak}, {38, 2, 0, Verdict::speak}, {58, 2, 0, Verdict::stalled}},
        // So is the CPU, for a while.
        {{19, 0, 1, Verdict::speak},
         {38, 0, 2, Verdict::speak},
         {49, 0, 3, Verdict::speak},
         {50, 0, 4, Verdict::spinning}},
        // There may be a last moment whatever it does.
        {{45, 1, 9, Verdict::speak}, {90, 2, 99, Verdict::speak}, {100, 3, 999, Verdict::too_long}},
    };
    for (std::size_t i = 0; i < runs.size(); ++i) {
        Vigil vigil(limits, 0);
        for (const Look& look : runs[i]) {
            INFO("run " << i << " at " << look.now);
            CHECK(vigil.look(look.now, look.bytes, look.cpu) == look.verdict);
        }
    }
    Vigil talking(limits, 0);
    talking.heard(19);
    CHECK(talking.look(26, 0, 0) == Verdict::nothing);
    CHECK(talking.look(38, 0, 0) == Verdict::speak);
    CHECK(talking.look(39, 0, 0) == Verdict::stalled);
}

TEST_CASE("a kernel log that cannot be had in time does not keep the machine from its dump") {
    World world;
    world.collector(World::dump_well, hang);
    CHECK(world.run().saved == Saved::complete);
    CHECK(world.system.heard("dmesg.txt has 0 B"));
    CHECK(world.system.heard("killing the collector: it was not done after 60 s"));
    CHECK(world.system.heard("log could not be read: killed: it was not done after 60 s"));
    CHECK(exists(world.dump() + "/vmcore"));
}

TEST_CASE("a filter that hangs is spoken for, killed, and the next way is tried") {
    World world;
    world.collector("if [ $LEVEL = 31 ]; then echo part > \"$OUT\"; " + hang + "; fi\n" + World::dump_well);
    CHECK(world.run().saved == Saved::complete);
    CHECK(world.system.heard("silent for 10 s; vmcore.incomplete has 5 B"));
    CHECK(world.system.heard("killing the collector: it hung: no word"));
    const auto summary = world.summary();
    REQUIRE(summary["attempts"].size() == 2);
    CHECK(summary["attempts"][0]["ending"] == "killed");
    CHECK(summary["attempts"][0]["outcome"].get<std::string>().find("it hung") != std::string::npos);
    CHECK(summary["attempts"][1]["level"] == 1);
}

TEST_CASE("a program that is to be killed is killed, and one that computes is seen to") {
    ProgramWatch watch;
    watch.tick_interval = std::chrono::milliseconds(2);
    watch.tick = [](double) { return TickAnswer::kill; };
    const auto killed = run_program({"/bin/sleep", "1000"}, watch);
    REQUIRE(killed);
    CHECK(killed->timed_out);
    CHECK(killed->signal == 9);
    watch.tick = [](double cpu_seconds) { return cpu_seconds > 0.02 ? TickAnswer::kill : TickAnswer::go_on; };
    CHECK(run_program({"/bin/sh", "-c", "while :; do :; done"}, watch)->timed_out);
    // One that never stops talking is still looked at.
    int ticks = 0;
    watch.tick = [&](double) { return ++ticks == 3 ? TickAnswer::kill : TickAnswer::go_on; };
    CHECK(run_program({"/bin/sh", "-c", "exec yes"}, watch)->timed_out);
}

TEST_CASE("a collector that even SIGKILL does not end is the fault of its disk") {
    const Error stuck = make_error(ErrorKind::system, "kill", "x").from(ErrorSide::destination);
    CHECK(ending_of(Result<ExitStatus>(fail(stuck))) == Ending::destination_failed);
}

TEST_CASE("a disk that hangs at the unmount does not keep the watchdog from its bite") {
    World world;
    std::promise<void> bitten;
    auto seen = bitten.get_future();
    Watchdog watchdog(std::chrono::milliseconds(50), [&] { bitten.set_value(); });
    world.system.on_alive = [&] { watchdog.alive(); };
    bool in_time = false;
    world.system.on_unmount = [&] {
        in_time = seen.wait_for(std::chrono::minutes(1)) == std::future_status::ready;
    };
    world.run();
    CHECK(in_time);
}

TEST_CASE("a watchdog that is called off ends without a bite") {
    bool bitten = false;
    {
        Watchdog watchdog(std::chrono::hours(1), [&] { bitten = true; });
        watchdog.alive();
    }
    CHECK_FALSE(bitten);
}
