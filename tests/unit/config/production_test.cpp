// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/production.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using Catch::Matchers::Contains;

namespace {

Production production() {
    Production p;
    p.release = "6.1.0-56-amd64";
    p.command_line = R"(root=UUID=1 quiet dyndbg="file x +p")";
    p.boot_cpu = "0";
    p.efi = true;
    p.filesystem = "3b7f1f5e-1f4e-4d7e-9d1f-0123456789aa";
    p.filesystem_type = "ext4";
    p.kernel = {"/vmlinuz-6.1.0-56-amd64", std::string(64, 'a')};
    p.initrd = {"/initrd.img-6.1.0-56-amd64", std::string(64, 'b')};
    p.memory = {{"0x0", "0x9fbff", "System RAM"}, {"0xe0000", "0xfffff", "Reserved"}};
    return p;
}

} // namespace

TEST_CASE("what was seen of production is read as it was written") {
    const auto again = parse_production(to_toml(production()), "p.toml");
    REQUIRE(again);
    CHECK(*again == production());
}

TEST_CASE("a production file that is damaged is refused") {
    Production none = production();
    none.kernel.path.clear();
    CHECK(parse_production(to_toml(none), "p.toml").error().kind == ErrorKind::corrupt);
    none = production();
    none.memory.clear();
    CHECK(parse_production(to_toml(none), "p.toml").error().kind == ErrorKind::corrupt);
    for (const char* range : {"0x0 System RAM", "0x0-0xfff", "0x1000-0xfff System RAM", "a-b c", "-",
                              "0x0-0xffffffffffffffff System RAM"}) {
        CAPTURE(range);
        const auto read =
            parse_production(std::string("kernel = \"/k\"\nmemory = [\"") + range + "\"]\n", "p.toml");
        REQUIRE_FALSE(read);
        CHECK_THAT(read.error().message(), Contains("is no range of memory"));
    }
    CHECK_FALSE(parse_production("kernel = ", "p.toml"));
}

TEST_CASE("the first CPU is told by its APIC ID") {
    CHECK(boot_cpu_of(
              "processor\t: 0\napicid\t\t: 4\ninitial apicid\t: 4\n\nprocessor\t: 1\napicid\t\t: 5\n") ==
          "4");
    CHECK(boot_cpu_of("processor\t: 1\napicid\t\t: 5\n\nprocessor\t: 0\napicid\t: 4\n") == "4");
    CHECK(boot_cpu_of("processor\t: 1\napicid\t\t: 5\n").empty()); // CPU 0 is offline
    CHECK(boot_cpu_of("processor\t: 0\nmodel : x\n").empty());
    CHECK(boot_cpu_of("").empty());
}
