// SPDX-License-Identifier: GPL-2.0-or-later
#include "fixtures.h"
#include "loader/choice.h"
#include "loader/load.h"
#include "loader/plan_report.h"
#include "loader/purgatory/parameters.h"
#include "loader/purgatory_blob.h"

#include <algorithm>
#include <cerrno>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

using namespace kdumpkit;
using namespace kdumpkit::loader;
using Catch::Matchers::Contains;

namespace {

struct Files {
    std::vector<std::byte> kernel = fixtures::bzimage(), initrd = fixtures::initrd();
    [[nodiscard]] LoadFiles images() const { return {kernel, "/boot/vmlinuz", initrd, "/boot/kdump.img"}; }
};

// What the zero page gives the capture kernel as RAM.
RangeSet ram_in(Bytes boot_params) {
    const ByteReader params(boot_params);
    RangeSet ram;
    for (unsigned i = 0; i < *params.u8(0x1e8); ++i)
        if (params.u32(0x2d0 + i * 20 + 16) == 1) {
            const std::uint64_t begin = *params.u64(0x2d0 + i * 20);
            ram.add({begin, begin + *params.u64(0x2d0 + i * 20 + 8)});
        }
    return ram;
}

} // namespace

TEST_CASE("a prepared load is whole: every segment inside the reservation, digests and addresses right") {
    const Files files;
    const auto load = prepare_kexec_load(fixtures::machine(), files.images(), {});
    REQUIRE(load);
    const Range reservation{0x33000000, 0x3f000000};
    const auto segments = load->segments();
    REQUIRE(segments.size() == 6);
    for (std::size_t i = 0; i < segments.size(); ++i) {
        CHECK(reservation.contains(segments[i].memory));
        CHECK(segments[i].content.size() <= segments[i].memory.size());
        for (std::size_t j = 0; j < i; ++j)
            CHECK_FALSE(segments[i].memory.overlaps(segments[j].memory));
    }
    const auto& kernel = load->plan.segment("kernel").memory;
    CHECK(kernel.size() == 0x200000);
    CHECK(load->entry == load->plan.segment("purgatory").memory.begin);
    CHECK_THAT(load->command_line,
               Contains("console=ttyS0") && !Contains("crashkernel") && !Contains("BOOT_IMAGE") &&
                   Contains(fmt::format(" elfcorehdr={:#x}", load->plan.segment("elfcorehdr").memory.begin)));

    const auto parameters =
        ByteReader(load->purgatory).raw<purgatory::Parameters>(purgatory::Parameters::offset);
    CHECK(parameters->kernel_entry == kernel.begin + 0x200);
    CHECK(parameters->boot_params == load->plan.segment("bootparams").memory.begin);
    REQUIRE(parameters->region_count == 4);
    // Everything that is loaded but the purgatory itself is guarded, with the digest of just those bytes.
    for (std::size_t i = 0; i < 4; ++i) {
        const auto& region = parameters->regions[i];
        const auto segment =
            std::ranges::find_if(segments, [&](const auto& s) { return s.memory.begin == region.begin; });
        REQUIRE(segment != segments.end());
        CHECK(region.length == segment->content.size());
        CHECK(region.digest == sha256(segment->content));
    }
}

TEST_CASE("the capture kernel may use neither the core header's memory nor the backup's") {
    const Files files;
    const auto load = prepare_kexec_load(fixtures::machine(), files.images(), {});
    REQUIRE(load);
    RangeSet expected{{0x1000, 0x9fc00}, {0x33000000, 0x3f000000}};
    expected.subtract(load->plan.segment("elfcorehdr").memory);
    expected.subtract(load->plan.segment("backup").memory);
    CHECK(ram_in(load->boot_params) == expected);
}

TEST_CASE("of low memory in pieces the capture kernel gets the one that is saved, and only that") {
    const Files files;
    Machine machine = fixtures::machine();
    const std::string whole = "00001000-0009fbff : System RAM\n";
    machine.iomem.replace(machine.iomem.find(whole), whole.size(),
                          "00001000-00057fff : System RAM\n00058000-00058fff : Reserved\n"
                          "00059000-0009efff : System RAM\n0009f000-0009fbff : Reserved\n");
    const auto load = prepare_kexec_load(machine, files.images(), {});
    REQUIRE(load);
    CHECK(ram_in(load->boot_params).intersection(RangeSet{{0, 0x100000}}) == RangeSet{{0x1000, 0x58000}});
    CHECK(load->plan.segment("backup").memory.size() == 0x57000);
    const auto parameters =
        ByteReader(load->purgatory).raw<purgatory::Parameters>(purgatory::Parameters::offset);
    CHECK(parameters->backup_source == 0x1000);
    CHECK(parameters->backup_length == 0x57000);
    CHECK(parameters->backup_destination == load->plan.segment("backup").memory.begin);
}

TEST_CASE("a core header that the verifier refuses is never prepared") {
    const Files files;
    Machine machine = fixtures::machine();
    machine.cpus[1].crash_notes = "feb80000"; // not System RAM
    const auto load = prepare_kexec_load(machine, files.images(), {});
    REQUIRE_FALSE(load);
    CHECK(exit_code(load.error()) == exit_codes::corrupt);
    CHECK_THAT(load.error().message(), Contains("ELF core header") && Contains("nothing was loaded"));
    machine.cpus[1].crash_notes = "9000"; // low memory, which the capture kernel uses
    CHECK_THAT(prepare_kexec_load(machine, files.images(), {}).error().message(), Contains("note at 0x9000"));
}

TEST_CASE("a CPU without a note buffer is warned of") {
    const Files files;
    Machine machine = fixtures::machine();
    CHECK(prepare_kexec_load(machine, files.images(), {})->warnings.empty());
    machine.cpus.push_back({7, "", ""});
    const auto load = prepare_kexec_load(machine, files.images(), {});
    REQUIRE(load);
    REQUIRE(load->warnings.size() == 1);
    CHECK_THAT(load->warnings[0], Contains("cpu7/crash_notes") && Contains("registers of CPU 7"));
    CHECK_THAT(plan_text(*load), Contains("warning      /sys/devices/system/cpu/cpu7"));
    CHECK(nlohmann::json::parse(plan_json(*load))["warnings"].size() == 1);
}

TEST_CASE("room is kept for the running kernel's control pages and the identity mapping of all RAM") {
    const Files files;
    Machine machine = fixtures::machine();
    // 1 MiB, and two pages for each GiB and four more.
    CHECK(prepare_kexec_load(machine, files.images(), {})->plan.kept_free == 0x100000 + 4 * 2 * 4096);
    machine.iomem += "10000000000-1033fffffff : System RAM\n";
    CHECK(prepare_kexec_load(machine, files.images(), {})->plan.kept_free ==
          0x100000 + (1037 + 4) * 2 * 4096);
}

TEST_CASE("with a low and a high reservation segments go up, and both are usable and undumped") {
    const Files files;
    Machine machine = fixtures::machine();
    machine.iomem = "00001000-0009fbff : System RAM\n00100000-bffd6fff : System RAM\n"
                    "  2e400000-2f201ef1 : Kernel code\n  ae000000-bdffffff : Crash kernel\n"
                    "100000000-17fffffff : System RAM\n  16f000000-17effffff : Crash kernel\n";
    const auto load = prepare_kexec_load(machine, files.images(), {});
    REQUIRE(load);
    for (const LoadedSegment& segment : load->segments())
        CHECK(Range{0x16f000000, 0x17f000000}.contains(segment.memory));
    CHECK(load->warnings.empty());
    CHECK(prepare_file_load(machine, files.images(), {})->warnings.empty());
    Machine little = machine; // below 4 GiB: 64 MiB
    little.iomem.replace(little.iomem.find("ae000000"), 17, "ba000000-bdffffff");
    for (const std::string& warning : {prepare_kexec_load(little, files.images(), {})->warnings.at(0),
                                       prepare_file_load(little, files.images(), {})->warnings.at(0)})
        CHECK_THAT(warning, Contains("64 MiB lie below 4 GiB") && Contains("crashkernel=72M,low"));
    auto old_kernel = files;
    fixtures::poke(old_kernel.kernel, 0x236, std::uint16_t{0x7d}); // not above 4 GiB
    const auto refused = prepare_kexec_load(machine, old_kernel.images(), {});
    CHECK(exit_code(refused.error()) == exit_codes::unsupported);
    CHECK_THAT(refused.error().message(), Contains("above 4 GiB"));
}

TEST_CASE("kernels that cannot run in this reservation or this paging mode are refused") {
    Files files;
    fixtures::poke(files.kernel, 0x236, std::uint16_t{0x1f}); // no 5-level paging
    const auto levels = prepare_kexec_load(fixtures::machine(), files.images(), {});
    CHECK_THAT(levels.error().message(), Contains("5-level paging"));
    Machine four = fixtures::machine();
    four.kcore = fixtures::kcore(
        {{0xffffffff81000000, 0x2e400000, 0x2830000}, {0xffff888000100000, 0x100000, 0x3fed7000}});
    CHECK(prepare_kexec_load(four, files.images(), {}));
    Files fixed;
    fixtures::poke(fixed.kernel, 0x234, std::uint8_t{0});
    CHECK_THAT(prepare_kexec_load(fixtures::machine(), fixed.images(), {}).error().message(),
               Contains("it runs at 0x1000000 only") && Contains("crashkernel=SIZE@0x1000000"));
    Files high;
    fixtures::poke(high.kernel, 0x258, std::uint64_t{0x40000000});
    CHECK_THAT(prepare_kexec_load(fixtures::machine(), high.images(), {}).error().message(),
               Contains("below the kernel's lowest address"));
}

TEST_CASE("bad input is refused the same way for both system calls") {
    struct Case {
        const char* what;
        void (*spoil)(Machine&, Files&, CommandLineWish&);
        int code;
        const char* says;
    };
    for (const Case& c : std::vector<Case>{
             {"no reservation",
              [](Machine&m, Files&, CommandLineWish&) { m.iomem = "00100000-3ffd6fff : System RAM\n"; },
              exit_codes::absent, "could not reserve"},
             {"reservation too small",
              [](Machine&, Files&f, CommandLineWish&) { f.kernel = fixtures::bzimage(0x10000, 0xc000001); },
              exit_codes::absent, "too small by"},
             {"kernel truncated", [](Machine&, Files&f, CommandLineWish&) { f.kernel.resize(30000); },
              exit_codes::corrupt, "truncated"},
             {"not a kernel", [](Machine&, Files&f, CommandLineWish&) { f.kernel = f.initrd; },
              exit_codes::invalid, "an initramfs"},
             {"wrong architecture", [](Machine&m, Files&, CommandLineWish&) { m.architecture = "aarch64"; },
              exit_codes::unsupported, "aarch64"},
             {"initrd empty", [](Machine&, Files&f, CommandLineWish&) { f.initrd.clear(); },
              exit_codes::corrupt, "/boot/kdump.img: it is empty"},
             {"initrd is a kernel", [](Machine&, Files&f, CommandLineWish&) { f.initrd = f.kernel; },
              exit_codes::invalid, "not an initramfs"},
             {"command line too long",
              [](Machine&, Files&, CommandLineWish&w) { w.replace = std::string(2018, 'x'); },
              exit_codes::invalid, "1 more than the kernel takes"},
             {"iomem hidden", [](Machine&m, Files&, CommandLineWish&) { m.iomem = "0-0 : System RAM\n"; },
              exit_codes::invalid, "run this as root"},
         }) {
        INFO(c.what);
        Machine machine = fixtures::machine();
        Files files;
        CommandLineWish wish;
        c.spoil(machine, files, wish);
        const auto load = prepare_kexec_load(machine, files.images(), wish);
        REQUIRE_FALSE(load);
        CHECK(exit_code(load.error()) == c.code);
        CHECK_THAT(load.error().message(), Contains(c.says));
        const auto file_load = prepare_file_load(machine, files.images(), wish);
        REQUIRE_FALSE(file_load);
        CHECK(exit_code(file_load.error()) == c.code);
        CHECK_THAT(file_load.error().message(), Contains(c.says));
    }
    const Files files;
    CommandLineWish longest;
    longest.replace = std::string(2017, 'x');
    CHECK(prepare_kexec_load(fixtures::machine(), files.images(), longest));
    CHECK_THAT(prepare_file_load(fixtures::machine(), files.images(), {})->command_line,
               !Contains("elfcorehdr"));
}

TEST_CASE("the system call is decided from the machine's state") {
    Machine machine = fixtures::machine();
    auto decision = decide_syscall(SyscallChoice::automatic, machine);
    CHECK(decision->syscall == KexecSyscall::kexec_load);
    CHECK(decision->may_fall_back);
    for (const char* lockdown : {"none [integrity] confidentiality", "none integrity [confidentiality]"}) {
        machine.lockdown = lockdown;
        CHECK(decide_syscall(SyscallChoice::automatic, machine)->syscall == KexecSyscall::kexec_file_load);
        decision = decide_syscall(SyscallChoice::kexec_load, machine);
        CHECK(decision->syscall == KexecSyscall::kexec_load);
        CHECK_FALSE(decision->may_fall_back);
    }
    machine = fixtures::machine();
    machine.lockdown = "";
    CHECK(decide_syscall(SyscallChoice::automatic, machine)->syscall == KexecSyscall::kexec_load);
    CHECK(decide_syscall(SyscallChoice::kexec_file_load, machine)->syscall == KexecSyscall::kexec_file_load);
    machine.kcore.clear();
    CHECK(decide_syscall(SyscallChoice::automatic, machine)->syscall == KexecSyscall::kexec_file_load);
    machine = fixtures::machine();
    machine.load_disabled = "1";
    CHECK(decide_syscall(SyscallChoice::automatic, machine)); // a plan may be shown
    const auto disabled = require_permission(machine, KexecPurpose::capture);
    CHECK(exit_code(disabled.error()) == exit_codes::invalid);
    CHECK_THAT(disabled.error().message(), Contains("kexec_load_disabled"));
    CHECK(exit_code(parse_syscall_choice("kexec").error()) == exit_codes::invalid);
    CHECK(*parse_syscall_choice("auto") == SyscallChoice::automatic);
}

TEST_CASE("loading needs root") {
    Machine machine = fixtures::machine();
    CHECK(require_root(machine, "load", KexecPurpose::capture));
    machine.privileged = false;
    const auto refused = require_root(machine, "load", KexecPurpose::capture);
    CHECK(exit_code(refused.error()) == exit_codes::invalid);
    CHECK_THAT(refused.error().message(), Contains("needs root") && Contains("sudo"));
}

TEST_CASE("every errno of the system calls that is known has words and a next step") {
    struct Case {
        int errno_value;
        const char* says;
        int code;
    };
    for (const Case& c :
         std::vector<Case>{{EPERM, "lockdown", exit_codes::system},
                           {EBUSY, "just now", exit_codes::system},
                           {EADDRNOTAVAIL, "outside the memory that may be loaded into", exit_codes::invalid},
                           {ENOEXEC, "does not accept this file", exit_codes::unsupported},
                           {EKEYREJECTED, "signature", exit_codes::unsupported},
                           {ENOKEY, "key", exit_codes::unsupported},
                           {EACCES, "integrity policy (IMA) refuses the file", exit_codes::unsupported},
                           {ENOSYS, "without this system call", exit_codes::unsupported},
                           {EIO, "dmesg", exit_codes::system}}) {
        INFO(c.errno_value);
        const Error error =
            explain_kexec_errno("load", KexecSyscall::kexec_file_load, KexecPurpose::capture, c.errno_value);
        CHECK_THAT(error.message(), Contains(c.says) && Contains("next: ") && Contains("kexec_file_load"));
        CHECK(exit_code(error) == c.code);
        CHECK(error.errno_value == c.errno_value);
    }
}

TEST_CASE("an integrity policy that wants to see the file sends to kexec_file_load") {
    const Error error = explain_kexec_errno("load", KexecSyscall::kexec_load, KexecPurpose::capture, EACCES);
    CHECK_THAT(error.message(), Contains("(IMA)") && Contains("next: use --syscall kexec_file_load"));
}

TEST_CASE("a refused unload advises only what unload can do") {
    for (const KexecSyscall syscall : {KexecSyscall::kexec_load, KexecSyscall::kexec_file_load})
        for (const int errno_value : {EPERM, EACCES, EBUSY, ENOSYS, EINVAL}) {
            const Error error = explain_kexec_errno("unload", syscall, KexecPurpose::capture, errno_value);
            CHECK_THAT(error.message(), Contains("cannot unload") && Contains("next: ") &&
                                            !Contains("--syscall") && !Contains("signed"));
        }
    CHECK(exit_code(explain_kexec_errno("unload", KexecSyscall::kexec_load, KexecPurpose::reboot, ENOSYS)) ==
          exit_codes::unsupported);
}

TEST_CASE("a refused load for a reboot does not speak of the crash reservation") {
    for (const int errno_value : {ENOMEM, EADDRNOTAVAIL})
        CHECK_THAT(explain_kexec_errno("load", KexecSyscall::kexec_load, KexecPurpose::reboot, errno_value)
                       .message(),
                   Contains("next: ") && !Contains("crash"));
    CHECK_THAT(explain_kexec_errno("load", KexecSyscall::kexec_load, KexecPurpose::capture, ENOMEM).message(),
               Contains("crashkernel="));
}

TEST_CASE("the plan is shown as text and as JSON") {
    const Files files;
    const auto load = prepare_kexec_load(fixtures::machine(), files.images(), {});
    CHECK_THAT(plan_text(*load), Contains("kexec_load of bzImage 6.1.0-test for a capture") &&
                                     Contains("purgatory") && Contains("100000 bytes loaded") &&
                                     Contains("7 program headers, verified"));
    const auto json = nlohmann::json::parse(plan_json(*load));
    CHECK(json["segments"].size() == 6);
    CHECK(json["segments"][0]["name"] == "kernel");
    CHECK(json["segments"][0]["begin"] == load->plan.segment("kernel").memory.begin);
    CHECK(json["reservations"][0]["end"] == 0x3f000000);
    CHECK(json["command_line"] == load->command_line);
    // All of the reservation is either a segment or free.
    std::uint64_t total = json["free_bytes"];
    for (const auto& segment : json["segments"])
        total += segment["end"].get<std::uint64_t>() - segment["begin"].get<std::uint64_t>();
    CHECK(total == 0xc000000);
    CHECK(json["free"].size() >= 1);
    RangeSet ram;
    for (const auto& entry : json["memory_map"])
        if (entry["type"] == 1)
            ram.add({entry["begin"], entry["end"]});
    CHECK(ram == ram_in(load->boot_params));
    CHECK(json["core_header"].size() == 7);
    CHECK(json["core_header"][0]["type"] == "note");
    CHECK(json["core_header"][0]["begin"] == 0x31000000);
    CHECK(json["core_header"][4]["begin"] == 0x1000);
    CHECK(json["core_header"][4]["content_at"] == load->plan.segment("backup").memory.begin);
    CHECK_THAT(plan_text(*load), Contains("free ") && Contains("memory map   0x0033000000") &&
                                     Contains("usable") && Contains("  note       0x0031000000"));
    const auto file_load = prepare_file_load(fixtures::machine(), files.images(), {});
    CHECK(nlohmann::json::parse(plan_json(*file_load))["syscall"] == "kexec_file_load");
    CHECK_THAT(plan_text(*file_load), Contains("adds elfcorehdr="));
}

TEST_CASE("where the kernel keeps the core header up to date it gets room for that, and no digest") {
    const Files files;
    Machine machine = fixtures::machine();
    machine.elfcorehdr_size = "577536";
    const auto load = prepare_kexec_load(machine, files.images(), {});
    REQUIRE(load);
    CHECK(load->kernel_updates_core_header);
    CHECK(load->plan.segment("elfcorehdr").memory.size() == 577536);
    const auto parameters =
        ByteReader(load->purgatory).raw<purgatory::Parameters>(purgatory::Parameters::offset);
    REQUIRE(parameters->region_count == 3);
    for (std::size_t i = 0; i < 3; ++i)
        CHECK(std::string(parameters->regions[i].name) != "elfcorehdr");
    // The capture kernel must not use any of that room.
    CHECK(ram_in(load->boot_params).intersection(RangeSet{load->plan.segment("elfcorehdr").memory}).empty());
    CHECK_THAT(plan_text(*load), Contains("the kernel updates them"));
    for (const char* nonsense : {"0", "x", "18446744073709551615", "99999999"}) {
        machine.elfcorehdr_size = nonsense;
        const auto old = prepare_kexec_load(machine, files.images(), {});
        REQUIRE(old);
        CHECK_FALSE(old->kernel_updates_core_header);
    }
}
