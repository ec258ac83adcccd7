// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/jump_back.h"

#include "loader/iomem.h"
#include "loader/jump.h"
#include "loader/kcore.h"
#include "loader/segment.h"

namespace kdumpkit::loader {

namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;
// MAX_PHYSMEM_BITS of arch/x86/include/asm/sparsemem.h.
std::uint64_t top_of_memory(const KernelMapping& mapping) {
    return std::uint64_t{1} << (mapping.five_levels() ? 52 : 46);
}

} // namespace

Result<JumpBack> prepare_jump_back(const Machine& machine) {
    KDK_ASSIGN(const KernelMapping mapping, parse_kcore(machine.kcore));
    const std::uint64_t top = top_of_memory(mapping);
    const auto target = return_address(machine.command_line);
    if (!target || *target >= top)
        return fail(make_error(ErrorKind::absent, "return to", "the kernel before this one",
                               "none waits: /proc/cmdline has no kdumpkit.return= with an address")
                        .then("it is there in a kernel that was loaded by kdumpkit load --reboot "
                              "--preserve-context"));
    KDK_ASSIGN(const auto iomem, parse_iomem(machine.iomem));
    const RangeSet ram = system_ram(iomem);
    const Trampoline trampoline{ram, *target, mapping.five_levels()};
    RangeSet memory = ram.intersection(RangeSet{{mebibyte, top}});
    memory.subtract(running_kernel(iomem));
    KDK_ASSIGN(const Plan plan,
               place_in_memory(memory, {{"way back", trampoline.size(), trampoline.size(), page, false}}, 0));
    const Range place = plan.segments.front().memory;
    return JumpBack{trampoline.at(place.begin), place};
}

} // namespace kdumpkit::loader
