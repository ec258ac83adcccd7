// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/reboot.h"

#include "loader/identity_map.h"
#include "loader/iomem.h"
#include "loader/jump.h"
#include "loader/kcore.h"
#include "loader/purgatory_blob.h"
#include "loader/start_info.h"

#include <fmt/format.h>

namespace kdumpkit::loader {

namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;

Result<std::string> command_line_for(const Machine& machine, const Inputs& inputs, const RebootWish& wish) {
    std::string base = wish.reuse_cmdline ? machine.command_line
                                          : inputs.carried_command_line.value_or(machine.command_line);
    if (wish.context_memory != 0) // what this kernel reserves is too much for that one
        base = without_parameter(base, "crashkernel");
    KDK_ASSIGN(std::string line, compose_reboot_line(base, wish.command_line));
    if (wish.context_memory != 0)
        line = with_return(line);
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

// Whole pages of what a kernel finds below 640 KiB.
Range low_pages(const RangeSet& ram) {
    const Range low = low_memory(ram).value_or(Range{});
    return {align_up(low.begin, page).value_or(low.end), align_down(low.end, page)};
}

Result<Plan> place(const RangeSet& memory, const Range& low, const std::vector<Demand>& demands,
                   const RebootWish& wish) {
    return wish.context_memory == 0 ? place_in_memory(memory, demands, 0)
                                    : place_apart(memory, low, demands, wish.context_memory);
}

} // namespace

Result<PreparedLoad> prepare_reboot(const Machine& machine, const LoadFiles& files, const RebootWish& wish) {
    PreparedLoad prepared;
    prepared.purpose = KexecPurpose::reboot;
    KDK_ASSIGN(prepared.inputs, open_inputs(machine, files, InitrdNeed::optional));
    const Kernel& kernel = prepared.inputs.image.kernel;
    KDK_ASSIGN(prepared.kernel_entry_kind,
               choose_entry(wish.entry, prepared.inputs, files.kernel_name, wish.context_memory != 0));
    KDK_ASSIGN(prepared.command_line, command_line_for(machine, prepared.inputs, wish));
    KDK_ASSIGN(const std::vector<IomemEntry> iomem, parse_iomem(machine.iomem));
    const RangeSet ram = firmware_ram(iomem, machine.firmware_memmap);
    prepared.memory_map = new_memory_map(iomem, machine.firmware_memmap, ram, KexecPurpose::reboot);

    constexpr std::size_t pieces_apart = 4; // what one that returns may have more in its map
    const std::uint64_t params_room = boot_params_room(
        kernel, machine, prepared.memory_map.size() + pieces_apart, prepared.inputs.dtb.size());
    std::vector<Demand> demands{
        {"kernel", kernel.content.size(), kernel.init_size, kernel.alignment, true},
        {"purgatory", purgatory_size(), purgatory_size(), page, false},
        {"bootparams", params_room, params_room, page, false},
    };
    if (!kernel.relocatable)
        demands.front().at = kernel.pref_address;
    if (const std::uint64_t size = prepared.inputs.initrd.size(); size != 0)
        demands.push_back({"initrd", size, size, page, false});
    const bool pvh = prepared.kernel_entry_kind == Entry::pvh;
    // Of a vmlinux the kernel's zeroed memory is content.
    prepared.sparing = wish.present && !as_text(prepared.inputs.image.kernel_file).starts_with("\177ELF");
    if (prepared.sparing) {
        KDK_ASSIGN(const KernelMapping paging, parse_kcore(machine.kcore));
        const std::uint64_t size = identity_map_size(paging.five_levels());
        demands.push_back({"pagetables", size, size, page, false});
    }
    if (pvh)
        bind_to_pvh(demands, kernel);
    // Only what the running kernel takes for RAM can be moved to; `mem=` and bad pages are less than the
    // firmware's.
    RangeSet usable =
        ram_of(prepared.memory_map).intersection(wish.present ? *wish.present : system_ram(iomem));
    const Range low = low_pages(usable);
    if (wish.context_memory != 0)
        usable.subtract(running_kernel(iomem));
    auto plan = place(places_for(usable, iomem, kernel, four_gibibytes), low, demands, wish);
    if (!plan && kernel.can_be_above_4g && !pvh && !wish.present)
        plan = place(places_for(usable, iomem, kernel, ~std::uint64_t{0}), low, demands, wish);
    if (!plan)
        return fail(explain_place(std::move(plan).error(), prepared.kernel_entry_kind, kernel));
    prepared.plan = std::move(*plan);
    if (wish.context_memory != 0) {
        prepared.returns = true;
        RangeSet own;
        for (const Range& range : prepared.plan.rooms)
            own.add(range);
        prepared.memory_map = new_memory_map(iomem, machine.firmware_memmap, own, KexecPurpose::reboot);
    }
    const auto show_plan = [&](Error error) { return with_plan(std::move(error), prepared.plan); };
    KDK_ASSIGN(const KernelMapping mapping, parse_kcore(machine.kcore).map_error(show_plan));
    KDK_TRY(check_placement(kernel, prepared.plan, mapping.five_levels(), files.kernel_name)
                .map_error(show_plan));
    if (prepared.sparing)
        prepared.page_tables =
            build_identity_map(prepared.plan.segment("pagetables").memory.begin, mapping.five_levels());
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
