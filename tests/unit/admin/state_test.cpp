// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/prometheus_text.h"
#include "admin/reservation_picture.h"
#include "admin/reservation_size.h"
#include "admin/reserve_command.h"
#include "admin/shrink.h"

#include <CLI/CLI.hpp>
#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace kdumpkit;
using namespace kdumpkit::admin;
using Catch::Matchers::Contains;

TEST_CASE("a picture of the reservation") {
    const auto iomem = loader::parse_iomem("00001000-3fffffff : System RAM\n"
                                           "  30000000-37ffffff : Crash kernel\n"
                                           "100000000-13fffffff : System RAM\n"
                                           "  138000000-13fffffff : Crash kernel\n")
                           .value();
    CHECK(reservation_picture(iomem, 10) == "0 |-#      -#| 5.0 GiB\n"
                                            "- memory, # reserved for the capture kernel; a cell is 512 MiB\n"
                                            "# 0x30000000-0x37ffffff  128 MiB, below 4 GiB\n"
                                            "# 0x138000000-0x13fffffff  128 MiB, above 4 GiB\n");
    CHECK_THAT(reservation_picture(loader::parse_iomem("1000-3fffffff : System RAM\n").value()),
               Contains("nothing is reserved"));
    CHECK_THAT(reservation_picture({}), Contains("no System RAM"));
}

TEST_CASE("what speaks of files is refused beside --shrink, which changes the running machine") {
    for (const char* other : {"--root /nowhere", "--undo", "--show", "--high", "--cma 64M", "192M"}) {
        CAPTURE(other);
        CLI::App app;
        const auto run = define_reserve(app);
        app.parse(fmt::format("--shrink 64M {}", other));
        const auto refused = run();
        REQUIRE_FALSE(refused);
        CHECK(refused.error().kind == ErrorKind::invalid);
        CHECK_THAT(refused.error().message(), Contains("--shrink"));
    }
}

TEST_CASE("the kernel is asked to shrink the reservation only where it can") {
    loader::Machine machine;
    machine.crash_size = "201326592";
    machine.crash_loaded = "0";
    CHECK(check_shrink(machine, 96 << 20));
    CHECK_FALSE(check_shrink(machine, 192 << 20));
    CHECK_FALSE(check_shrink(machine, 512 << 20));
    machine.crash_loaded = "1";
    CHECK_THAT(check_shrink(machine, 96 << 20).error().next_step, Contains("kdumpkit unload"));
    CHECK(check_shrink(machine, 96 << 20).error().kind == ErrorKind::invalid);
    for (const char* nothing : {"0", ""}) {
        machine.crash_size = nothing;
        CHECK_THAT(check_shrink(machine, 96 << 20).error().reason, Contains("nothing is reserved"));
        CHECK(check_shrink(machine, 96 << 20).error().kind == ErrorKind::absent);
    }
}

TEST_CASE("the parameter of a reservation") {
    CHECK(reservation_parameter({"192M", false, ""}).value() == "crashkernel=192M");
    CHECK(reservation_parameter({"1G", true, ""}).value() == "crashkernel=1G,high crashkernel=72M,low");
    CHECK(reservation_parameter({"96M", false, "256M"}).value() == "crashkernel=256M,cma crashkernel=96M");
    CHECK_FALSE(reservation_parameter({"96", false, ""}));
    CHECK_FALSE(reservation_parameter({"96M", false, "x"}));
}

TEST_CASE("the state for Prometheus") {
    loader::Status kernel;
    kernel.armed = true;
    kernel.reserved = 192 << 20;
    AdminStatus admin;
    CHECK(prometheus_text(kernel, admin) ==
          "# HELP kdumpkit_armed Whether a panic would start a capture kernel.\n# TYPE kdumpkit_armed gauge\n"
          "kdumpkit_armed 1\n"
          "# HELP kdumpkit_reserved_bytes Memory reserved for the capture kernel.\n"
          "# TYPE kdumpkit_reserved_bytes gauge\nkdumpkit_reserved_bytes 201326592\n"
          "# HELP kdumpkit_settings_wrong Whether the settings cannot be used, so that nothing can be armed "
          "anew.\n# TYPE kdumpkit_settings_wrong gauge\nkdumpkit_settings_wrong 0\n");
    admin.arm = ArmRecord{};
    admin.arm->failure = "x";
    admin.last = Dump{};
    admin.last->complete = true;
    TargetFacts target;
    target.url = "file:///a\"b";
    target.free_bytes = 7;
    admin.targets = {target, target};
    const std::string text = prometheus_text(kernel, admin);
    CHECK_THAT(text, Contains("kdumpkit_arm_failed 1\n") && Contains("kdumpkit_last_capture_complete 1\n") &&
                         Contains("kdumpkit_target_free_bytes{target=\"file:///a\\\"b\"} 7\n"));
    CHECK(text.find("# TYPE kdumpkit_target_free_bytes") == text.rfind("# TYPE kdumpkit_target_free_bytes"));
}
