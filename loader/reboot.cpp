// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/reboot.h"

#include "loader/iomem.h"
#include "loader/kcore.h"
#include "loader/purgatory_blob.h"

#include <fmt/format.h>

namespace kdumpkit::loader {

namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20, four_gibibytes = std::uint64_t{4} << 30;

Result<std::string> command_line_for(const Machine& machine, const Inputs& inputs, const RebootWish& wish) {
    const std::string base = wish.reuse_cmdline ? machine.command_line
                                                : inputs.carried_command_line.value_or(machine.command_line);
    KDK_ASSIGN(std::string line, compose_reboot_line(base, wish.command_line));
    KDK_TRY(check_command_line(line, command_line_limit(inputs.image.kernel)));
    return line;
}

// Above the first MiB, which belongs to the firmware and to starting CPUs; not over a loaded capture kernel,
// whose pages may be write-protected; where the kernel can run.
RangeSet places_for(const RangeSet& ram, const std::vector<IomemEntry>& iomem, const Kernel& kernel,
                    std::uint64_t top) {
    RangeSet memory = ram.intersection(RangeSet{{std::max(mebibyte, kernel.pref_address), top}});
    for (const Range& range : crash_kernel_ranges(iomem))
        memory.subtract(range);
    return memory;
}

} // namespace

Result<PreparedLoad> prepare_reboot(const Machine& machine, const LoadFiles& files, const RebootWish& wish) {
    PreparedLoad prepared;
    prepared.purpose = KexecPurpose::reboot;
    KDK_ASSIGN(prepared.inputs, open_inputs(machine, files, InitrdNeed::optional));
    const Kernel& kernel = prepared.inputs.image.kernel;
    KDK_ASSIGN(prepared.command_line, command_line_for(machine, prepared.inputs, wish));
    KDK_ASSIGN(const std::vector<IomemEntry> iomem, parse_iomem(machine.iomem));
    const RangeSet ram = firmware_ram(iomem, machine.firmware_memmap);
    prepared.memory_map = new_memory_map(iomem, machine.firmware_memmap, ram, KexecPurpose::reboot);

    const std::uint64_t params_room =
        boot_params_room(kernel, machine, prepared.memory_map.size(), prepared.inputs.dtb.size());
    std::vector<Demand> demands{
        {"kernel", kernel.content.size(), kernel.init_size, kernel.alignment, true},
        {"purgatory", purgatory_size(), purgatory_size(), page, false},
        {"bootparams", params_room, params_room, page, false},
    };
    if (!kernel.relocatable)
        demands.front().at = kernel.pref_address;
    if (const std::uint64_t size = prepared.inputs.initrd.size(); size != 0)
        demands.push_back({"initrd", size, size, page, false});
    // Only what the running kernel takes for RAM can be moved to; `mem=` and bad pages are less than the
    // firmware's.
    const RangeSet usable = ram_of(prepared.memory_map).intersection(system_ram(iomem));
    auto plan = place_in_memory(places_for(usable, iomem, kernel, four_gibibytes), demands, 0);
    if (!plan && kernel.can_be_above_4g)
        plan = place_in_memory(places_for(usable, iomem, kernel, ~std::uint64_t{0}), demands, 0);
    if (!plan)
        return fail(std::move(plan).error());
    prepared.plan = std::move(*plan);
    const auto show_plan = [&](Error error) { return with_plan(std::move(error), prepared.plan); };
    KDK_ASSIGN(const KernelMapping mapping, parse_kcore(machine.kcore).map_error(show_plan));
    KDK_TRY(check_placement(kernel, prepared.plan, mapping.five_levels(), files.kernel_name)
                .map_error(show_plan));
    KDK_TRY(finish_load(prepared, machine, std::nullopt).map_error(show_plan));
    return prepared;
}

Result<PreparedFileLoad> prepare_file_reboot(const Machine& machine, const LoadFiles& files,
                                             const RebootWish& wish) {
    PreparedFileLoad prepared;
    prepared.purpose = KexecPurpose::reboot;
    KDK_ASSIGN(prepared.inputs, open_inputs(machine, files, InitrdNeed::optional));
    KDK_ASSIGN(prepared.command_line, command_line_for(machine, prepared.inputs, wish));
    prepared.kernel = prepared.inputs.image.text();
    prepared.kernel_version = prepared.inputs.image.kernel.version;
    return prepared;
}

} // namespace kdumpkit::loader
