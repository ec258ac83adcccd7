// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/source/machine.h"

#include <algorithm>
#include <array>

#include <elf.h>

namespace kdumpkit::dump {

namespace {

constexpr std::array machines = {
    Machine{"x86_64", EM_X86_64, true}, Machine{"aarch64", EM_AARCH64, true},
    Machine{"riscv64", EM_RISCV, true}, Machine{"loongarch64", EM_LOONGARCH, true},
    Machine{"ppc64le", EM_PPC64, true}, Machine{"ppc64", EM_PPC64, false},
    Machine{"s390x", EM_S390, false},   Machine{"i386", EM_386, false},
    Machine{"i486", EM_386, false},     Machine{"i586", EM_386, false},
    Machine{"i686", EM_386, false},     Machine{"armv7l", EM_ARM, false},
};

} // namespace

const Machine* machine_named(std::string_view name) {
    const auto* found =
        std::find_if(machines.begin(), machines.end(), [&](const Machine& m) { return m.name == name; });
    return found != machines.end() ? found : nullptr;
}

} // namespace kdumpkit::dump
