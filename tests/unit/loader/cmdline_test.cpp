// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/file.h"
#include "loader/cmdline.h"

#include <filesystem>

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace kdumpkit;
using namespace kdumpkit::loader;
using Catch::Matchers::Contains;

namespace {

std::string all_defaults(std::string_view but = "") {
    std::string text;
    for (const CaptureDefault& entry : capture_defaults())
        if (!entry.text.starts_with(but) || but.empty())
            text += fmt::format("{}{}", text.empty() ? "" : " ", entry.text);
    return text;
}

} // namespace

TEST_CASE("the production command line is reused without what harms a capture") {
    struct Case {
        const char* production;
        const char* kept;
    };
    for (const Case& c : std::vector<Case>{
             {"BOOT_IMAGE=/boot/vmlinuz root=UUID=12 ro quiet crashkernel=192M", ""},
             {"console=ttyS0,115200 console=tty0 crashkernel=1G-:256M,high",
              "console=ttyS0,115200 console=tty0 "},
             {"intel_iommu=on pci=noaer hugepages=1000 default_hugepagesz=1G", "intel_iommu=on pci=noaer "},
             {"rd.luks.uuid=1 systemd.unit=rescue.target rdinit=/bin/sh init=/bin/sh acpi=strict",
              "acpi=strict "},
             {"initcall_blacklist=bad_init cgroup.memory=nosocket", "initcall_blacklist=bad_init "},
             {"nr_cpus=64 maxcpus=8 panic=0 numa=on mce=1 irqpoll", ""},
             {"slub-debug=FZ page-owner=on initcall_debug", "initcall_debug "},
             {"dyndbg=\"file init/* +p\" quiet", "dyndbg=\"file init/* +p\" "},
             {"earlyprintk=serial elfcorehdr=0x1000 memmap=1G$4G", "earlyprintk=serial "},
             {"reserve_mem=2M:4096:oops ramoops.pmsg_size=8192", "ramoops.pmsg_size=8192 "},
             {"console=ttyS0 -- single init_argument", "console=ttyS0 "},
             {"  rootless=1   initrd=\\x\n", "rootless=1 "},
             {"", ""},
         }) {
        INFO(c.production);
        CHECK(*compose_command_line(c.production, {}) == c.kept + all_defaults());
    }
}

TEST_CASE("what the admin appends silences the default of the same key") {
    CommandLineWish wish;
    wish.append = "nr-cpus=4 crashkernel=1M debug elfcorehdr=0x5";
    CHECK(*compose_command_line("quiet", wish) ==
          all_defaults("nr_cpus") + " nr-cpus=4 crashkernel=1M debug");
}

TEST_CASE("a whole command line of the admin's is taken as it is, but for elfcorehdr=") {
    CommandLineWish wish;
    wish.replace = "console=ttyS1 quiet elfcorehdr=1";
    CHECK(*compose_command_line("crashkernel=1 x", wish) == "console=ttyS1 quiet");
    wish.replace = "";
    CHECK(compose_command_line("x", wish)->empty());
}

TEST_CASE("line breaks are refused") {
    CommandLineWish wish;
    wish.append = "a\nb";
    CHECK(exit_code(compose_command_line("", wish).error()) == exit_codes::invalid);
    wish.append = "";
    wish.replace = std::string("a\0b", 3);
    CHECK(exit_code(compose_command_line("", wish).error()) == exit_codes::invalid);
}

TEST_CASE("a command line that is too long is refused by how much") {
    CHECK(check_command_line(std::string(2047, 'x'), 2047));
    const auto checked = check_command_line(std::string(2050, 'x'), 2047);
    REQUIRE_FALSE(checked);
    CHECK(exit_code(checked.error()) == exit_codes::invalid);
    CHECK_THAT(checked.error().message(), Contains("2050 bytes, 3 more than the kernel takes (2047)"));
}

TEST_CASE("the documentation shows every default and every dropped parameter with its reason") {
    const auto page = read_text(std::filesystem::path(TEST_DATA_DIR).parent_path().parent_path() /
                                "docs/capture-command-line.md");
    REQUIRE(page);
    for (const CaptureDefault& entry : capture_defaults())
        CHECK_THAT(*page, Contains(fmt::format("| `{}` | {} |", entry.text, entry.reason)));
    for (const DroppedParameter& entry : dropped_parameters())
        CHECK_THAT(*page, Contains(fmt::format("| `{}` | {} |", entry.pattern, entry.reason)));
}
