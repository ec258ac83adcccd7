// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/doctor.h"

#include <functional>

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <unistd.h>

using namespace kdumpkit;
using namespace kdumpkit::admin;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

constexpr std::uint64_t mib = 1 << 20;

// A machine without a fault.
DoctorFacts healthy() {
    DoctorFacts facts;
    facts.privileged = true;
    facts.kernel.kernel_says = true;
    facts.kernel.armed = true;
    facts.kernel.reserved = 192 * mib;
    facts.kernel.record =
        loader::LoadRecord{"/boot/vmlinuz", "/var/lib/kdumpkit/capture.img", "6.1", "", "", ""};
    facts.command_line = "quiet crashkernel=192M";
    facts.needed = 130 * mib;
    facts.recommended = 144 * mib;
    facts.stale = std::vector<std::string>{};
    facts.image = ImageRecord{};
    facts.image->bytes = 5 * mib;
    facts.image->built_at = 100;
    facts.arm = ArmRecord{};
    facts.arm->at = 200;
    facts.image_signed = false;
    facts.sysctls = {{"kernel.panic_on_oops", "1"}};
    facts.post_notifiers = "N";
    TargetFacts target;
    target.url = "file:///var/crash";
    target.folder = "/var/crash";
    target.free_bytes = 4096 * mib;
    facts.targets = {target};
    facts.dump_bytes = 512 * mib;
    facts.dump_bytes_from = "the largest of 3 dumps here";
    facts.state_free = 4096 * mib;
    facts.services = {true, true, our_units, our_units, {}, {}};
    return facts;
}

} // namespace

TEST_CASE("a healthy machine has no finding, and every check says so") {
    const auto findings = examine(healthy());
    CHECK(findings.size() == 12);
    for (const Finding& finding : findings) {
        CAPTURE(finding.check, finding.reason);
        CHECK(finding.severity == Severity::good);
        CHECK(finding.mend.empty());
    }
    CHECK(doctor_exit_code(findings) == 0);
    CHECK_THAT(findings_text(findings, false), Contains("12 checks are good"));
}

TEST_CASE("each fault is found, with its severity, the reason and what mends it") {
    struct Row {
        std::string name;
        std::function<void(DoctorFacts&)> spoil;
        std::string check;
        Severity severity;
        std::string reason, mend;
    };
    const std::vector<Row> rows = {
        {"no kexec", [](DoctorFacts& f) { f.kernel.kernel_says.reset(); }, "kexec", Severity::critical,
         "no kexec", "CONFIG_CRASH_DUMP"},
        {"loading is disabled, nothing loaded",
         [](DoctorFacts& f) { f.kernel.load_disabled = true, f.kernel.armed = false; }, "kexec",
         Severity::critical, "kexec_load_disabled forbids", "reboot"},
        {"loading is disabled afterwards", [](DoctorFacts& f) { f.kernel.load_disabled = true; }, "kexec",
         Severity::warning, "cannot be replaced", "reboot"},
        {"no loads left", [](DoctorFacts& f) { f.kernel.panic_left = 0; }, "kexec", Severity::warning,
         "kexec_load_limit_panic", "reboot"},
        {"no reservation", [](DoctorFacts& f) { f.kernel.reserved = 0, f.command_line = "quiet"; },
         "reservation", Severity::critical, "no memory is reserved", "kdumpkit setup"},
        {"written only",
         [](DoctorFacts& f) {
             f.kernel.reserved = 0, f.command_line = "quiet";
             f.recorded = ReservationRecord{"crashkernel=144M", {}};
         },
         "reservation", Severity::critical, "this boot does not have it", "reboot"},
        {"refused", [](DoctorFacts& f) { f.kernel.reserved = 0; }, "reservation", Severity::critical,
         "granted nothing for crashkernel=192M", "dmesg"},
        {"too small", [](DoctorFacts& f) { f.kernel.reserved = 64 * mib; }, "reservation", Severity::warning,
         "64 MiB are reserved, the estimate needs 130 MiB", "kdumpkit reserve 144M"},
        {"tight", [](DoctorFacts& f) { f.kernel.reserved = 136 * mib; }, "reservation", Severity::advice,
         "144 MiB are recommended", "kdumpkit reserve 144M"},
        {"no estimate", [](DoctorFacts& f) { f.needed.reset(); }, "reservation", Severity::unknown,
         "estimated", "kdumpkit estimate"},
        {"not armed", [](DoctorFacts& f) { f.kernel.armed = false; }, "armed", Severity::critical,
         "no capture kernel is loaded", "kdumpkit arm"},
        {"arming failed", [](DoctorFacts& f) { f.arm->failure = "no room"; }, "armed", Severity::warning,
         "no room", "kdumpkit arm"},
        {"somebody else's kernel", [](DoctorFacts& f) { f.kernel.record.reset(); }, "armed",
         Severity::warning, "not by kdumpkit", "kdumpkit arm"},
        {"lockdown, unsigned", [](DoctorFacts& f) { f.kernel.locked_down = true; }, "signature",
         Severity::critical, "no signature", "signed"},
        {"secure boot, unsigned", [](DoctorFacts& f) { f.secure_boot = true; }, "signature",
         Severity::warning, "secure boot is on", "signed"},
        {"lockdown, image not seen",
         [](DoctorFacts& f) { f.kernel.locked_down = true, f.image_signed.reset(); }, "signature",
         Severity::unknown, "could not be seen", "root"},
        {"wrong settings", [](DoctorFacts& f) { f.settings_error = "levle"; }, "settings", Severity::critical,
         "levle", "kdumpkit config check"},
        {"nothing built of wrong settings", [](DoctorFacts& f) { f.settings_error = "levle"; }, "build",
         Severity::unknown, "the settings cannot be used", "kdumpkit config check"},
        {"a module is missing", [](DoctorFacts& f) { f.build_error = "cannot find the module nvme"; },
         "build", Severity::warning, "nvme", "kdumpkit arm"},
        {"a module is missing, nothing armed",
         [](DoctorFacts& f) { f.build_error = "cannot find the module nvme", f.kernel.armed = false; },
         "build", Severity::critical, "nvme", "kdumpkit arm"},
        {"a warning of the build", [](DoctorFacts& f) { f.build_warnings = {"no modules.builtin"}; }, "build",
         Severity::warning, "modules.builtin", "--rebuild"},
        {"stale", [](DoctorFacts& f) { f.stale = {{"ext4.ko changed"}}; }, "initramfs", Severity::warning,
         "ext4.ko changed", "kdumpkit arm"},
        {"none", [](DoctorFacts& f) { f.stale = {{"there is none yet"}}, f.image.reset(); }, "initramfs",
         Severity::critical, "none yet", "kdumpkit arm"},
        {"built, not loaded", [](DoctorFacts& f) { f.image->built_at = 300; }, "initramfs", Severity::warning,
         "not loaded", "kdumpkit arm"},
        {"not looked at", [](DoctorFacts& f) { f.stale.reset(), f.privileged = false; }, "build",
         Severity::unknown, "without root", "root"},
        {"target full", [](DoctorFacts& f) { f.targets[0].free_bytes = 10 * mib; }, "target",
         Severity::critical, "10 MiB free", "kdumpkit prune"},
        {"target tight", [](DoctorFacts& f) { f.targets[0].free_bytes = 200 * mib; }, "target",
         Severity::warning, "the largest of 3 dumps", "kdumpkit prune"},
        {"target read-only", [](DoctorFacts& f) { f.targets[0].read_only = true; }, "target",
         Severity::warning, "read-only", "kernel's log"},
        {"target vanished", [](DoctorFacts& f) { f.targets[0].unseen = "no such disk"; }, "target",
         Severity::warning, "no such disk", "mount it"},
        {"target missing",
         [](DoctorFacts& f) { f.targets[0].unseen = "no folder", f.targets[0].mend = "mkdir -p /x"; },
         "target", Severity::warning, "no folder", "mkdir -p /x"},
        {"in memory",
         [](DoctorFacts& f) {
             f.targets[0].in_memory = true, f.targets[0].unseen = "no disk of this machine";
         },
         "target", Severity::critical, "in memory (a tmpfs)", "a folder on a disk"},
        {"LUKS", [](DoctorFacts& f) { f.targets[0].encrypted = true; }, "target", Severity::critical,
         "encrypted", "not encrypted"},
        {"no target read", [](DoctorFacts& f) { f.targets.clear(); }, "target", Severity::unknown, "none",
         "config check"},
        {"remote, not tried",
         [](DoctorFacts& f) { f.targets[0].carrier = Carrier::sender, f.targets[0].probe = "no kdump-send"; },
         "target", Severity::unknown, "not tried: no kdump-send", "--probe"},
        {"remote, dead",
         [](DoctorFacts& f) {
             f.targets[0].carrier = Carrier::sender, f.targets[0].reached = false,
             f.targets[0].probe = "exit code 1";
         },
         "target", Severity::critical, "cannot be reached: exit code 1", "--probe"},
        {"NFS, dead",
         [](DoctorFacts& f) {
             f.targets[0].carrier = Carrier::network_filesystem, f.targets[0].reached = false,
             f.targets[0].probe = "Connection refused";
         },
         "target", Severity::critical, "cannot be reached: Connection refused", "mount it"},
        {"NFS, which kdump-send does not know",
         [](DoctorFacts& f) { f.targets[0].carrier = Carrier::network_filesystem; }, "target",
         Severity::unknown, "not tried", "mount it"},
        {"a raw partition with a dump",
         [](DoctorFacts& f) {
             f.targets[0].carrier = Carrier::device, f.targets[0].occupied_by = "20261123T010203Z-x";
         },
         "target", Severity::critical, "20261123T010203Z-x", "kdumpkit extract"},
        {"post notifiers", [](DoctorFacts& f) { f.post_notifiers = "Y"; }, "command line", Severity::warning,
         "crash_kexec_post_notifiers", "remove it"},
        {"full /var", [](DoctorFacts& f) { f.state_free = mib; }, "room", Severity::warning, "1.0 MiB free",
         "/var"},
        {"service off", [](DoctorFacts& f) { f.services.disabled = {"kdumpkit.service"}; }, "services",
         Severity::warning, "is not enabled", "kdumpkit setup"},
        {"record off", [](DoctorFacts& f) { f.services.disabled = {"kdumpkit-record.service"}; }, "services",
         Severity::advice, "kdumpkit-record", "kdumpkit setup"},
        {"no network at boot", [](DoctorFacts& f) { f.services.disabled = {"kdumpkit-online.target"}; },
         "services", Severity::warning, "kdumpkit-online.target is not enabled", "kdumpkit setup"},
        {"not installed", [](DoctorFacts& f) { f.services.installed.clear(); }, "services", Severity::warning,
         "not installed", "install"},
        {"rival", [](DoctorFacts& f) { f.services.rivals = {"kdump-tools.service"}; }, "services",
         Severity::warning, "kdump-tools.service", "--take-over"},
        {"an oops is survived", [](DoctorFacts& f) { f.sysctls["kernel.panic_on_oops"] = "0"; }, "panics",
         Severity::advice, "an oops kills one process", "sysctl kernel.panic_on_oops=1"},
        {"a hung task is survived", [](DoctorFacts& f) { f.sysctls["kernel.hung_task_panic"] = "0"; },
         "panics", Severity::advice, "hangs for minutes", "hung_task_panic = 1"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        DoctorFacts facts = healthy();
        row.spoil(facts);
        bool found = false;
        for (const Finding& finding : examine(facts)) {
            if (finding.check != row.check || finding.severity == Severity::good)
                continue;
            found = true;
            CHECK(finding.severity == row.severity);
            CHECK_THAT(finding.reason, Contains(row.reason));
            CHECK_THAT(finding.mend, Contains(row.mend));
        }
        CHECK(found);
    }
}

TEST_CASE("the next step of a failure becomes the finding's") {
    DoctorFacts facts = healthy();
    facts.build_error = "cannot find nvme.ko\n  next: install the modules";
    for (const Finding& finding : examine(facts))
        if (finding.check == "build") {
            CHECK(finding.reason == "cannot find nvme.ko");
            CHECK_THAT(finding.mend, StartsWith("install the modules; then ") && Contains("kdumpkit arm"));
        }
}

TEST_CASE("doctor's exit codes and texts follow the worst finding") {
    struct Row {
        Severity severity;
        int code;
        std::string says;
    };
    for (const Row& row :
         {Row{Severity::good, 0, "would be captured"}, Row{Severity::advice, 0, "would be captured"},
          Row{Severity::unknown, 10, "may fail"}, Row{Severity::warning, 10, "may fail"},
          Row{Severity::critical, 11, "would leave no dump"}}) {
        const std::vector<Finding> findings = {{"a", Severity::good, "x", ""},
                                               {"b", row.severity, "y", "mend it"}};
        CHECK(doctor_exit_code(findings) == row.code);
        CHECK_THAT(findings_text(findings, true), Contains(row.says) && Contains("next: mend it"));
        CHECK(nlohmann::json::parse(findings_json(findings))["worst"] == std::string(to_text(row.severity)));
    }
}

TEST_CASE("an NFS server that takes no connections is found") {
    const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof here;
    auto* address = reinterpret_cast<sockaddr*>(&here);
    REQUIRE(::bind(listening, address, size) == 0);
    REQUIRE(::getsockname(listening, address, &size) == 0);
    std::vector<TargetFacts> targets(1);
    targets[0].carrier = Carrier::network_filesystem;
    targets[0].url = fmt::format("nfs://127.0.0.1:{}/export", ntohs(here.sin_port));
    probe_targets(targets); // bound, but nobody listens
    CHECK(targets[0].reached == false);
    CHECK_THAT(targets[0].probe, Contains("refused"));
    REQUIRE(::listen(listening, 1) == 0);
    probe_targets(targets);
    CHECK(targets[0].reached == true);
    ::close(listening);
    DoctorFacts facts = healthy();
    facts.targets = targets;
    CHECK(worst_of(examine(facts)) == Severity::good);
    CHECK_THAT(findings_text(examine(facts), true),
               Contains("exports that folder to this machine was not tried"));
    targets[0].url = "nfs://no.such.host.invalid/export";
    probe_targets(targets);
    CHECK(targets[0].reached == false);
}

TEST_CASE("what the next dump may take") {
    Dump dump;
    dump.complete = true;
    dump.disk_bytes = 300;
    Dump larger_part = dump;
    larger_part.complete = false;
    larger_part.disk_bytes = 900;
    CHECK(expected_dump_size({dump, larger_part}, 31, "")->bytes == 300);
    const char* const meminfo =
        "MemTotal:    1000 kB\nMemFree:  100 kB\nCached:   200 kB\nAnonPages:   300 kB\n";
    CHECK(expected_dump_size({}, 31, meminfo)->bytes == 400 << 10);
    CHECK(expected_dump_size({}, 1, meminfo)->bytes == 1000 << 10);
    CHECK(expected_dump_size({}, 8, meminfo)->bytes == 700 << 10);
    CHECK_FALSE(expected_dump_size({}, 31, "x"));
}
