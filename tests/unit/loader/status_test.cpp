// SPDX-License-Identifier: GPL-2.0-or-later
#include "fixtures.h"
#include "loader/status.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace kdumpkit;
using namespace kdumpkit::loader;
using Catch::Matchers::Contains;

namespace {
const LoadRecord record{"/boot/vmlinuz", "/boot/kdump.img", "6.1",
                        "nr_cpus=1",     "kexec_load",      "2026-01-02T03:04:05Z"};
}

TEST_CASE("a record of what was loaded reads back, and junk is no record") {
    CHECK(parse_load_record(to_json(record)) == record);
    LoadRecord with_all = record;
    with_all.context_memory = 5;
    with_all.dtb = "/boot/board.dtb";
    with_all.entry = "pvh";
    CHECK(parse_load_record(to_json(with_all)) == with_all);
    CHECK(parse_load_record(R"({"kernel": "/k"})")->entry == "auto"); // as earlier versions wrote it
    for (const char* text : {"", "{", "[]", "{\"kernel\": 5}", "{}"})
        CHECK_FALSE(parse_load_record(text));
}

TEST_CASE("armed is what the kernel says, not what was noted") {
    Machine machine = fixtures::machine();
    Status status = make_status(machine, to_json(record));
    CHECK_FALSE(status.armed);
    CHECK_FALSE(status.record); // it was unloaded behind our back
    CHECK(status.reserved == 0xc000000);
    CHECK_THAT(to_text(status), Contains("a panic would leave no dump") &&
                                    Contains("192 MiB  0x33000000-0x3effffff") &&
                                    Contains("next: kdumpkit arm"));
    machine.crash_loaded = "1";
    status = make_status(machine, to_json(record));
    CHECK(status.armed);
    CHECK_THAT(to_text(status),
               Contains("armed:       yes") && Contains("/boot/vmlinuz") && !Contains("next:"));
    status = make_status(machine, "");
    CHECK(status.armed);
    CHECK_THAT(to_text(status), Contains("by another program"));
}

TEST_CASE("without a reservation, privileges or kexec the status still answers") {
    Machine machine = fixtures::machine();
    machine.iomem = "00000000-00000000 : System RAM\n";
    CHECK(make_status(machine, "").reserved == 201326592); // from crash_size
    machine.crash_size = "0";
    CHECK_THAT(to_text(make_status(machine, "")),
               Contains("reservation: none") && Contains("next: kdumpkit reserve auto"));
    machine.crash_loaded = "";
    CHECK_THAT(to_text(make_status(machine, "")), Contains("no kexec for crashes") &&
                                                      Contains("next: boot a kernel with CONFIG_KEXEC") &&
                                                      !Contains("crashkernel="));
}

TEST_CASE("the status is one JSON document") {
    Machine machine = fixtures::machine();
    machine.crash_loaded = "1";
    const auto json = nlohmann::json::parse(to_json(make_status(machine, to_json(record))));
    CHECK(json["armed"] == true);
    CHECK(json["reserved_bytes"] == 0xc000000);
    CHECK(json["reservations"][0]["begin"] == 0x33000000);
    CHECK(json["loaded"]["kernel"] == "/boot/vmlinuz");
    machine.crash_loaded = "0";
    CHECK(nlohmann::json::parse(to_json(make_status(machine, "")))["loaded"].is_null());
}
