// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/services.h"
#include "admin/setup.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace kdumpkit;
using namespace kdumpkit::admin;
using Catch::Matchers::Contains;

namespace {

constexpr std::uint64_t mib = 1 << 20;

} // namespace

TEST_CASE("setup reserves what is missing, and nothing twice") {
    struct Row {
        std::string name;
        std::uint64_t granted;
        std::string command_line, recorded, wished;
        ReservationStep step;
        std::string parameter;
    };
    for (const Row& row : std::vector<Row>{
             {"nothing yet", 0, "quiet", "", "", ReservationStep::write, "crashkernel=144M"},
             {"with a size", 0, "quiet", "", "crashkernel=1G", ReservationStep::write, "crashkernel=1G"},
             {"written", 0, "quiet", "crashkernel=144M", "", ReservationStep::reboot, "crashkernel=144M"},
             {"written, and another size is wished", 0, "", "crashkernel=144M", "crashkernel=1G",
              ReservationStep::write, "crashkernel=1G"},
             {"booted", 144, "crashkernel=144M", "crashkernel=144M", "", ReservationStep::keep,
              "crashkernel=144M"},
             {"booted, written words are not a part of others", 144, "crashkernel=144M,high",
              "crashkernel=144M", "", ReservationStep::reboot, "crashkernel=144M"},
             {"the kernel refused", 0, "crashkernel=144M", "crashkernel=144M", "", ReservationStep::refused,
              "crashkernel=144M"},
             {"the kernel refused another size", 0, "crashkernel=1G", "", "", ReservationStep::write,
              "crashkernel=144M"},
             {"somebody else's is enough", 256, "crashkernel=256M", "", "", ReservationStep::keep,
              "crashkernel=256M"},
             {"a bit less than recommended", 132, "crashkernel=132M", "", "", ReservationStep::keep,
              "crashkernel=132M"},
             {"too little", 64, "crashkernel=64M", "", "", ReservationStep::write, "crashkernel=144M"},
             {"another size than wished", 256, "crashkernel=256M", "crashkernel=256M", "crashkernel=192M",
              ReservationStep::write, "crashkernel=192M"},
         }) {
        CAPTURE(row.name);
        ReservationFacts facts;
        facts.granted = row.granted * mib;
        facts.command_line = row.command_line;
        if (!row.recorded.empty())
            facts.recorded = ReservationRecord{row.recorded, {}};
        facts.needed = 130 * mib;
        facts.recommended = 144 * mib;
        facts.wished = row.wished;
        const ReservationDecision decision = decide_reservation(facts);
        CHECK(decision.step == row.step);
        CHECK(decision.parameter == row.parameter);
        CHECK_FALSE(decision.why.empty());
    }
}

TEST_CASE("what setup says") {
    SetupReport report;
    report.steps = {{"settings", SetupState::good, "the defaults apply", ""},
                    {"reservation", SetupState::done, "set crashkernel=144M", "reboot"}};
    CHECK(to_text(report) == "settings     good     the defaults apply\n"
                             "reservation  done     set crashkernel=144M\n"
                             "next: reboot\n");
    CHECK(nlohmann::json::parse(to_json(report))["ready"] == false);

    report.steps[1].next.clear();
    CHECK_THAT(to_text(report), Contains("\nready: a panic now would be captured\n"));
    CHECK(nlohmann::json::parse(to_json(report))["ready"] == true);

    report.failure = make_error(ErrorKind::absent, "find", "the image").then("install it");
    const auto failed = nlohmann::json::parse(to_json(report));
    CHECK(failed["ready"] == false);
    CHECK(failed["error"]["message"] == "cannot find the image");
    CHECK(failed["error"]["next"] == "install it");
    CHECK(failed["steps"].size() == 2);
    report.failure.reset();

    report.change = "/etc/default/grub\n";
    CHECK(nlohmann::json::parse(to_json(report))["change"] == "/etc/default/grub\n");
    CHECK(nlohmann::json::parse(to_json(report))["error"].is_null());
    report.change.clear();

    report.dry_run = true;
    report.steps[1].state = SetupState::planned;
    CHECK_THAT(to_text(report), Contains("would") && Contains("nothing was changed\n") && !Contains("ready"));
    CHECK(nlohmann::json::parse(to_json(report))["ready"] == false);

    report.undo = true;
    CHECK(nlohmann::json::parse(to_json(report))["ready"] == false);
}

TEST_CASE("a target that is not here needs the network at boot, a server also who ships") {
    struct Row {
        std::string toml;
        std::vector<std::string> more;
    };
    for (const Row& row : std::vector<Row>{
             {"", {}},
             {"target = \"nfs://server/export\"", {"kdumpkit-online.target", "kdumpkit-forward.service"}},
             {"[capture]\nfence_kdump = \"192.0.2.1\"", {"kdumpkit-online.target"}},
             {"target = [\"file:///var/crash\", \"ftp://server/crash?credentials=/etc/kdumpkit/ftp\"]",
              {"kdumpkit-online.target", "kdumpkit-forward.service"}}}) {
        CAPTURE(row.toml);
        std::vector<std::string> needed = {"kdumpkit.service", "kdumpkit-record.service"};
        needed.insert(needed.end(), row.more.begin(), row.more.end());
        CHECK(needed_units(parse_settings(row.toml, "x").value()) == needed);
    }
}

TEST_CASE("setup's record is read back") {
    const SetupRecord record{{"kdump-tools.service"}};
    CHECK(parse_setup_record(to_json(record)) == record);
    CHECK_FALSE(parse_setup_record("{"));
    CHECK_FALSE(parse_setup_record("{\"disabled\": 3}"));
}
