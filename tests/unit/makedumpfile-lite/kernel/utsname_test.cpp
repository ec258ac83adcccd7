// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/kernel.h"
#include "tests/unit/makedumpfile-lite/kernel/machine.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::dump;
using test::Machine;

namespace {

const Log silent([](LogLevel, std::string_view) {});
constexpr std::uint64_t at = 0x1300000; // of init_uts_ns, physical

Utsname read(Machine& machine, std::uint64_t offset, std::string_view release) {
    machine.put(at + offset, as_bytes("Linux"));
    machine.put(at + offset + 2 * 65, as_bytes(release));
    machine.put(at + offset + 4 * 65, as_bytes("x86_64"));
    machine.info += fmt::format("SYMBOL(init_uts_ns)={:x}\n", Machine::image_vaddr + at);
    auto kernel = Kernel::open(machine, silent, Kernel::Depth::log);
    REQUIRE(kernel);
    return (*kernel)->utsname();
}

} // namespace

TEST_CASE("the names of the system are where VMCOREINFO says") {
    Machine machine;
    machine.info += "OFFSET(uts_namespace.name)=0\n";
    CHECK(read(machine, 0, "6.1.0-other").machine == "x86_64");
}

TEST_CASE("up to 5.10 VMCOREINFO does not say: behind the count, if the release is right") {
    Machine machine;
    CHECK(read(machine, 4, "6.1.0-test").machine == "x86_64");
    Machine other;
    const Utsname names = read(other, 4, "6.1.0-other");
    CHECK(names.machine.empty());
    CHECK(names.release == "6.1.0-test");
}
