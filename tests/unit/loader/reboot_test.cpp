// SPDX-License-Identifier: GPL-2.0-or-later
#include "fixtures.h"
#include "loader/plan_report.h"
#include "loader/purgatory/parameters.h"
#include "loader/purgatory_blob.h"
#include "loader/reboot.h"
#include "wrapped.h"

#include <algorithm>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace kdumpkit;
using namespace kdumpkit::loader;
using Catch::Matchers::Contains;
using fixtures::bytes;

namespace {

struct Files {
    std::vector<std::byte> kernel = fixtures::bzimage(), initrd = fixtures::initrd(), dtb;
    [[nodiscard]] LoadFiles all() const {
        return {kernel, "/boot/vmlinuz",
                initrd, initrd.empty() ? "" : "/boot/initrd.img",
                dtb,    dtb.empty() ? "" : "/boot/x.dtb"};
    }
};

// With a firmware map that has more reserved than /proc/iomem says.
Machine machine() {
    Machine m = fixtures::machine();
    m.firmware_memmap = {{"0x0", "0x9fbff", "System RAM"},
                         {"0x9fc00", "0x9ffff", "Reserved"},
                         {"0x100000", "0x3ffd6fff", "System RAM"},
                         {"0x3ffd7000", "0x3fffffff", "ACPI Tables"}};
    return m;
}

} // namespace

TEST_CASE("a kernel for a reboot gets all memory, and lies where nothing else must stay") {
    const Files files;
    const auto load = prepare_reboot(machine(), files.all(), {});
    REQUIRE(load);
    CHECK(load->purpose == KexecPurpose::reboot);
    CHECK(ram_of(load->memory_map) == RangeSet{{0, 0x9fc00}, {0x100000, 0x3ffd7000}});
    CHECK(load->memory_map.back().type == E820Type::acpi);
    const auto segments = load->segments();
    REQUIRE(segments.size() == 4); // kernel, initrd, bootparams, purgatory
    RangeSet forbidden{{0, 0x1000000}, {0x33000000, 0x3f000000}, {0x3ffd7000, ~0ULL}};
    for (std::size_t i = 0; i < segments.size(); ++i) {
        CHECK(forbidden.intersection(RangeSet{segments[i].memory}).empty());
        for (std::size_t j = 0; j < i; ++j)
            CHECK_FALSE(segments[i].memory.overlaps(segments[j].memory));
    }
    CHECK(load->core_header.empty());
    const auto parameters =
        ByteReader(load->purgatory).raw<purgatory::Parameters>(purgatory::Parameters::offset);
    CHECK(parameters->region_count == 3);
    CHECK(parameters->backup_length == 0);
    CHECK(parameters->kernel_entry == load->plan.segment("kernel").memory.begin + 0x200);
    CHECK(load->command_line == "root=/dev/sda1 ro quiet console=ttyS0 crashkernel=192M");
}

TEST_CASE("a large initrd of a reboot does not reach into the crash reservation") {
    Files files;
    files.initrd = fixtures::initrd(20 << 20); // more than there is above it
    const auto load = prepare_reboot(machine(), files.all(), {});
    REQUIRE(load);
    CHECK_FALSE(load->plan.segment("initrd").memory.overlaps(Range{0x33000000, 0x3f000000}));
}

TEST_CASE("the command line of a reboot: the image's or the running one, and what was asked for") {
    Files files;
    const auto line = [&](const RebootWish& wish) {
        const auto load = prepare_reboot(machine(), files.all(), wish);
        const auto file_load = prepare_file_reboot(machine(), files.all(), wish);
        REQUIRE(load);
        REQUIRE(file_load);
        CHECK(load->command_line == file_load->command_line);
        return load->command_line;
    };
    const std::string running = "root=/dev/sda1 ro quiet console=ttyS0 crashkernel=192M";
    CHECK(line({}) == running);
    CHECK(line({{std::nullopt, "debug"}, true}) == running + " debug");
    CHECK(line({{"init=/x", ""}, false}) == "init=/x");
    CHECK(line({{"", ""}, false}).empty());
    files.kernel = fixtures::pe({{".linux", fixtures::bzimage()}, {".cmdline", bytes("root=/dev/vdb")}});
    CHECK(line({}) == "root=/dev/vdb");
    CHECK(line({{}, true}) == running);
    CHECK(line({{std::nullopt, "single"}, false}) == "root=/dev/vdb single");
    const auto line_break = prepare_reboot(machine(), files.all(), {{"a\nb", ""}, false});
    CHECK(exit_code(line_break.error()) == exit_codes::invalid);
    CHECK(*compose_reboot_line("BOOT_IMAGE=/x a initrd=/y -- b", {std::nullopt, "c"}) == "a c -- b");
}

TEST_CASE("the initrd and the device tree are optional, and a device tree is handed over as setup_data") {
    Files files;
    files.initrd.clear();
    auto load = prepare_reboot(machine(), files.all(), {});
    REQUIRE(load);
    CHECK(load->segments().size() == 3);
    CHECK(ByteReader(load->boot_params).u64(0x218) == 0); // address and size of the initrd
    files.dtb.resize(64);
    fixtures::poke(files.dtb, 0, byte_swapped(0xd00dfeedU));
    fixtures::poke(files.dtb, 4, byte_swapped(64U));
    load = prepare_reboot(machine(), files.all(), {});
    REQUIRE(load);
    const ByteReader params(load->boot_params);
    const std::uint64_t at = *params.u64(0x250) - load->plan.segment("bootparams").memory.begin;
    CHECK(params.u32(at + 8) == 2); // SETUP_DTB
    CHECK(params.u32(at + 12) == 64);
    CHECK(params.u32(at + 16) == byte_swapped(0xd00dfeedU));
    fixtures::poke(files.dtb, 4, byte_swapped(65U));
    CHECK(exit_code(prepare_reboot(machine(), files.all(), {}).error()) == exit_codes::corrupt);
    files.dtb = bytes("no tree");
    CHECK(exit_code(prepare_reboot(machine(), files.all(), {}).error()) == exit_codes::invalid);
}

TEST_CASE("a fixed kernel runs at its address or is refused") {
    Files files;
    fixtures::poke(files.kernel, 0x234, std::uint8_t{0});
    CHECK(prepare_reboot(machine(), files.all(), {})->plan.segment("kernel").memory.begin == 0x1000000);
    fixtures::poke(files.kernel, 0x258, std::uint64_t{0x3ff00000}); // its end is outside
    const auto refused = prepare_reboot(machine(), files.all(), {});
    REQUIRE_FALSE(refused);
    CHECK_THAT(refused.error().message(), Contains("the kernel in memory") && Contains("relocatable"));
    // For a panic: only inside the reservation.
    fixtures::poke(files.kernel, 0x258, std::uint64_t{0x34000000});
    const auto capture = prepare_kexec_load(fixtures::machine(), files.all(), {});
    REQUIRE(capture);
    CHECK(capture->plan.segment("kernel").memory.begin == 0x34000000);
}

TEST_CASE("with memory above 4 GiB a kernel for a reboot still lies below, if it can") {
    Files files;
    Machine m = machine();
    m.firmware_memmap.push_back({"0x100000000", "0x23fffffff", "System RAM"});
    m.iomem += "100000000-23fffffff : System RAM\n";
    auto load = prepare_reboot(m, files.all(), {});
    REQUIRE(load);
    for (const auto& segment : load->segments())
        CHECK(segment.memory.end <= 0x100000000);
    files.kernel = fixtures::bzimage(0x10000, 0x3f000000); // only there is that much room
    load = prepare_reboot(m, files.all(), {});
    REQUIRE(load);
    CHECK(load->plan.segment("kernel").memory.begin >= 0x100000000);
    fixtures::poke(files.kernel, 0x236, std::uint16_t{0x7d}); // not above 4 GiB
    CHECK_FALSE(prepare_reboot(m, files.all(), {}));
}

TEST_CASE("a unified image arms a capture kernel: its initrd and command line, less what harms a capture") {
    const auto file = fixtures::pe({{".linux", fixtures::bzimage()},
                                    {".initrd", fixtures::initrd(5000)},
                                    {".cmdline", bytes("root=/dev/vda console=ttyS1 crashkernel=1G")}});
    const auto load = prepare_kexec_load(fixtures::machine(), {file, "x.efi", {}, ""}, {});
    REQUIRE(load);
    CHECK(load->plan.segment("initrd").content == 5000);
    CHECK(load->inputs.initrd_carried);
    CHECK_THAT(load->command_line, Contains("console=ttyS1") && !Contains("crashkernel") &&
                                       !Contains("root=") && !Contains("ttyS0") && Contains("nr_cpus=1") &&
                                       Contains("elfcorehdr="));
    const auto own = fixtures::initrd(7000);
    const auto explicit_one =
        prepare_kexec_load(fixtures::machine(), {file, "x.efi", own, "own"}, {"quiet", ""});
    CHECK(explicit_one->plan.segment("initrd").content == 7000);
    CHECK_THAT(explicit_one->command_line, Catch::Matchers::StartsWith("quiet elfcorehdr="));
    const auto none = fixtures::pe({{".linux", fixtures::bzimage()}});
    const auto refused = prepare_kexec_load(fixtures::machine(), {none, "x.efi", {}, ""}, {});
    CHECK(exit_code(refused.error()) == exit_codes::absent);
    CHECK_THAT(refused.error().message(), Contains("carries none"));
}

TEST_CASE("a vmlinux is placed on 2 MiB and entered at its own entry") {
    const Files files;
    const auto vmlinux = fixtures::vmlinux().file();
    const auto load =
        prepare_kexec_load(fixtures::machine(), {vmlinux, "vmlinux", files.initrd, "initrd"}, {});
    REQUIRE(load);
    const Range kernel = load->plan.segment("kernel").memory;
    CHECK(kernel.begin % 0x200000 == 0);
    CHECK(kernel.size() == 0x300000);
    CHECK(
        ByteReader(load->purgatory).raw<purgatory::Parameters>(purgatory::Parameters::offset)->kernel_entry ==
        kernel.begin + 0x40);
    CHECK(ByteReader(load->boot_params).u32(0x202) == 0x53726448);
    CHECK(ByteReader(load->boot_params).u8(0x210) == 0xff);
}

TEST_CASE("a vmlinux entered by PVH lies where its notes permit it, with its start info in the first GiB") {
    Machine m = machine();
    m.firmware_memmap.push_back({"0x40000000", "0x23fffffff", "System RAM"});
    m.iomem += "40000000-bfffffff : System RAM\n100000000-23fffffff : System RAM\n";
    const auto initrd = fixtures::initrd();
    RebootWish wish;
    wish.entry = EntryChoice::pvh;
    for (const bool movable : {false, true}) {
        const auto vmlinux = fixtures::vmlinux(movable).file();
        const auto load = prepare_reboot(m, {vmlinux, "vmlinux", initrd, "initrd"}, wish);
        REQUIRE(load);
        const Range kernel = load->plan.segment("kernel").memory;
        CHECK(kernel.begin == 0x1000000);
        CHECK(load->kernel_entry == kernel.begin + 0x1d0);
        const Range info = load->plan.segment("bootparams").memory;
        CHECK(info.end == 0x3ffd7000); // of the first GiB, though there is more memory
        CHECK(load->plan.segment("purgatory").memory.end == 0xc0000000);
        CHECK(load->plan.segment("initrd").memory.begin > info.end); // below 4 GiB is enough for it
        const auto parameters =
            ByteReader(load->purgatory).raw<purgatory::Parameters>(purgatory::Parameters::offset);
        CHECK(parameters->pvh == 1);
        CHECK(parameters->kernel_entry == load->kernel_entry);
        CHECK(parameters->boot_params == info.begin);
        CHECK(parameters->region_count == 3);
        CHECK(ByteReader(load->boot_params).u32(0) == 0x336ec578);
        CHECK_THAT(plan_text(*load), Contains("0x00010001d0, the kernel's PVH entry") &&
                                         Contains("start info   0x003ffd5000-0x003ffd51"));
        const auto json = nlohmann::json::parse(plan_json(*load));
        CHECK(json["kernel_entry_kind"] == "pvh");
        CHECK(json["kernel_entry"] == 0x10001d0);
        CHECK(json["start_info"]["begin"] == info.begin);
        CHECK(json["start_info"]["end"] == info.begin + load->boot_params.size());
    }
    const auto vmlinux = fixtures::vmlinux().file();
    const auto usual = prepare_reboot(m, {vmlinux, "vmlinux", initrd, "initrd"}, {});
    CHECK_THAT(plan_text(*usual), Contains("the kernel's 64-bit entry; it has a PVH entry, too"));
    CHECK(nlohmann::json::parse(plan_json(*usual))["start_info"].is_null());
    m.firmware_memmap.insert(m.firmware_memmap.begin(), {"0x1000000", "0x1000fff", "Reserved"});
    const auto refused = prepare_reboot(m, {vmlinux, "vmlinux", initrd, "initrd"}, wish);
    REQUIRE_FALSE(refused);
    CHECK_THAT(refused.error().message(), Contains("the kernel in memory") && Contains("--entry 64-bit; or"));
    const auto movable = fixtures::vmlinux(true).file();
    CHECK(prepare_reboot(m, {movable, "vmlinux", initrd, "initrd"}, wish)->kernel_entry == 0x14001d0);
}

TEST_CASE("a capture kernel entered by PVH needs a reservation that its entry can lie in") {
    const Files files;
    const auto prepare = [&](const Machine& m, const std::vector<std::byte>& vmlinux) {
        return prepare_kexec_load(m, {vmlinux, "vmlinux", files.initrd, "initrd"}, {}, EntryChoice::pvh);
    };
    Machine m = fixtures::machine();
    const auto movable = fixtures::vmlinux(true).file();
    const auto load = prepare(m, movable);
    REQUIRE(load);
    const Range kernel = load->plan.segment("kernel").memory;
    CHECK(kernel.begin == 0x33000000);
    CHECK(load->kernel_entry == 0x330001d0);
    CHECK_THAT(load->command_line, Contains("elfcorehdr="));
    CHECK(load->warnings.empty());
    m.efi_config_table = "0x3f000000";
    CHECK(prepare(m, movable)->warnings.size() == 1);

    const auto fixed = prepare(m, fixtures::vmlinux().file());
    REQUIRE_FALSE(fixed);
    CHECK(exit_code(fixed.error()) == exit_codes::unsupported);
    CHECK_THAT(fixed.error().message(),
               Contains("--entry 64-bit; or") && Contains("crashkernel=SIZE@0x1000000"));
    const std::string in_first_gib = "33000000-3effffff : Crash kernel";
    m.iomem.replace(m.iomem.find(in_first_gib), in_first_gib.size(), "33000000-33000fff : nothing");
    m.iomem += "100000000-10bffffff : System RAM\n  100000000-10bffffff : Crash kernel\n";
    const auto above = prepare(m, movable);
    REQUIRE_FALSE(above);
    CHECK_THAT(above.error().message(),
               Contains("the kernel of") && Contains("0x1000000-0x3fffffff") && Contains("0x100000000"));
}

TEST_CASE("an error after everything is placed shows the plan") {
    const Files files;
    Machine m = fixtures::machine();
    m.cpus[1].crash_notes = "feb80000"; // not System RAM
    CHECK_THAT(prepare_kexec_load(m, files.all(), {}).error().message(),
               Contains("the plan was:") && Contains("purgatory") && Contains("free "));
}
