// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/load.h"

#include "base/bytes.h"
#include "loader/iomem.h"
#include "loader/jump.h"
#include "loader/kcore.h"
#include "loader/purgatory_blob.h"
#include "loader/ramoops.h"
#include "loader/start_info.h"

#include <algorithm>

#include <fmt/format.h>

namespace kdumpkit::loader {

namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20, gibibyte = std::uint64_t{1} << 30;
// COMMAND_LINE_SIZE of arch/x86/include/asm/setup.h, less the NUL: /proc/cmdline of the new kernel ends there
// whatever its header says.
constexpr std::uint64_t x86_command_line_limit = 2047;
// " elfcorehdr=0x" and 16 digits; kexec_file_load sets aside MAX_ELFCOREHDR_STR_LEN = 30 itself.
constexpr std::uint64_t elfcorehdr_room = 30;
// Of what crash_elfcorehdr_size may claim: e_phnum has 16 bits.
constexpr std::uint64_t largest_core_header = std::uint64_t{4} << 20;
// BIOS data, the new kernel's real-mode trampolines: what it uses below 1 MiB.
constexpr std::uint64_t low_end = std::uint64_t{640} * 1024;

// Page tables for the identity mapping of all RAM (a page for each GiB when the CPU has no 1 GiB pages, plus
// the upper levels) and the control pages; generous, since the running kernel allocates them after us.
std::uint64_t control_room(const RangeSet& ram) {
    const std::uint64_t top = ram.empty() ? 0 : ram.ranges().back().end;
    return mebibyte + (top / gibibyte + 4) * 2 * page;
}

// What both system calls begin with, before anything is placed.
struct Groundwork {
    Inputs inputs;
    std::string command_line; // without elfcorehdr=
    std::vector<IomemEntry> iomem;
    Reservation reservation;
};

Result<Groundwork> prepare_ground(const Machine& machine, const LoadFiles& files,
                                  const CommandLineWish& wish) {
    Groundwork ground;
    KDK_ASSIGN(ground.inputs, open_inputs(machine, files, InitrdNeed::required));
    const std::string& production = ground.inputs.carried_command_line.value_or(machine.command_line);
    KDK_ASSIGN(ground.command_line, compose_command_line(with_ramoops(production, machine.ramoops), wish));
    KDK_TRY(check_command_line(ground.command_line,
                               command_line_limit(ground.inputs.image.kernel) - elfcorehdr_room));
    KDK_ASSIGN(ground.iomem, parse_iomem(machine.iomem));
    KDK_ASSIGN(ground.reservation, find_reservation(ground.iomem, machine.crash_size, machine.command_line,
                                                    machine.crash_cma_ranges));
    return ground;
}

std::vector<std::string> warnings_of(const Reservation& reservation) {
    const std::string warning = reservation.warning();
    return warning.empty() ? std::vector<std::string>() : std::vector{warning};
}

Demand kernel_demand(const Kernel& kernel) {
    Demand demand{"kernel", kernel.content.size(), kernel.init_size, kernel.alignment, true};
    if (!kernel.relocatable)
        demand.at = kernel.pref_address;
    return demand;
}

} // namespace

// A firmware that puts something in between leaves other pieces: the new kernel must not get those as RAM, as
// nothing saves them.
std::optional<Range> low_memory(const RangeSet& ram) {
    const RangeSet low = ram.intersection(RangeSet{{0, low_end}});
    if (low.empty())
        return std::nullopt;
    const auto& ranges = low.ranges();
    return *std::ranges::max_element(ranges, {}, &Range::size);
}

std::uint64_t command_line_limit(const Kernel& kernel) {
    return std::min<std::uint64_t>(kernel.cmdline_size, x86_command_line_limit);
}

Error with_plan(Error error, const Plan& plan) {
    error.reason += "\n  the plan was:\n" + plan.text();
    error.reason.pop_back();
    return error;
}

Result<> check_placement(const Kernel& kernel, const Plan& plan, bool five_levels, const std::string& name) {
    const Range where = plan.segment("kernel").memory;
    if (!kernel.can_be_above_4g && plan.hull().end > 4 * gibibyte)
        return fail(make_error(ErrorKind::unsupported, "place the kernel", name,
                               "the reservation is above 4 GiB, and this kernel cannot be loaded there")
                        .then("boot with crashkernel=SIZE without \",high\""));
    if (where.begin < kernel.pref_address)
        return fail(
            make_error(ErrorKind::unsupported, "place the kernel", name,
                       fmt::format("the reservation starts at {:#x}, below the kernel's lowest address {:#x}",
                                   where.begin, kernel.pref_address))
                .then("boot with crashkernel=SIZE without an offset"));
    if (five_levels && !kernel.handles_5level)
        return fail(
            make_error(ErrorKind::unsupported, "use the kernel", name,
                       "this machine runs with 5-level paging, and that kernel cannot be entered in it")
                .then("give a newer kernel, or boot production with no5lvl"));
    return {};
}

std::vector<LoadedSegment> PreparedLoad::segments() const {
    std::vector<LoadedSegment> list;
    const auto add = [&](std::string_view name, Bytes content) {
        const auto segment = std::ranges::find(plan.segments, name, &Segment::name);
        if (segment == plan.segments.end())
            return;
        Range memory = segment->memory;
        if (sparing && name == "kernel")
            memory.end = memory.begin + align_up(content.size(), page).value_or(memory.size());
        list.push_back({memory, content});
    };
    add("kernel", inputs.image.kernel.content);
    add("initrd", inputs.initrd);
    add("elfcorehdr", core_header);
    add("bootparams", boot_params);
    add("pagetables", page_tables);
    add("purgatory", purgatory);
    add("backup", {});
    for (const Segment& segment : plan.segments)
        if (segment.name == "memory" || segment.name == "low memory")
            list.push_back({segment.memory, {}});
    return list;
}

Result<> finish_load(PreparedLoad& prepared, const Machine& machine, const std::optional<Backup>& backup) {
    const Kernel& kernel = prepared.inputs.image.kernel;
    const Plan& plan = prepared.plan;
    const Bytes initrd = prepared.inputs.initrd;
    const std::uint64_t kernel_at = plan.segment("kernel").memory.begin;
    const std::uint64_t initrd_at = initrd.empty() ? 0 : plan.segment("initrd").memory.begin;
    const Segment params = plan.segment("bootparams");
    const bool pvh = prepared.kernel_entry_kind == Entry::pvh;
    const BootParamsWish wish{kernel,
                              machine,
                              params.memory.begin,
                              params.memory.size(),
                              prepared.command_line,
                              {initrd_at, initrd_at + initrd.size()},
                              prepared.memory_map,
                              prepared.inputs.dtb};
    KDK_ASSIGN(prepared.boot_params, pvh ? build_start_info(wish) : build_boot_params(wish));
    if (pvh && !machine.efi_config_table.empty())
        prepared.warnings.emplace_back(
            "a kernel that is entered by PVH learns nothing of EFI: it will have no "
            "EFI runtime services and not know of secure boot");
    std::vector<Guarded> guarded{{"kernel", kernel_at, kernel.content}};
    if (!initrd.empty())
        guarded.push_back({"initrd", initrd_at, initrd});
    if (!prepared.core_header.empty() && !prepared.kernel_updates_core_header)
        guarded.push_back({"elfcorehdr", plan.segment("elfcorehdr").memory.begin, prepared.core_header});
    guarded.push_back({"bootparams", params.memory.begin, prepared.boot_params});
    if (prepared.sparing)
        guarded.push_back({"pagetables", plan.segment("pagetables").memory.begin, prepared.page_tables});
    prepared.kernel_entry =
        kernel_at + (pvh ? kernel.pvh->address - kernel.pref_address : kernel.entry64.value());
    NewKernel entered{prepared.kernel_entry, params.memory.begin};
    entered.pvh = pvh;
    if (prepared.sparing)
        entered.page_tables = plan.segment("pagetables").memory.begin;
    if (prepared.returns)
        entered.return_digits =
            params.memory.begin + command_line_offset + return_digits_in(prepared.command_line);
    KDK_ASSIGN(prepared.purgatory, build_purgatory(entered, backup, guarded));
    for (const LoadedSegment& loaded : prepared.segments())
        for (Segment& segment : prepared.plan.segments)
            if (segment.memory.begin == loaded.memory.begin)
                segment.content = loaded.content.size();
    prepared.entry = plan.segment("purgatory").memory.begin;
    prepared.kernel = prepared.inputs.image.text();
    prepared.kernel_version = kernel.version;
    return {};
}

Result<PreparedLoad> prepare_kexec_load(const Machine& machine, const LoadFiles& files,
                                        const CommandLineWish& wish, EntryChoice entry) {
    KDK_ASSIGN(Groundwork ground, prepare_ground(machine, files, wish));
    PreparedLoad prepared;
    prepared.inputs = std::move(ground.inputs);
    const Kernel& kernel = prepared.inputs.image.kernel;
    KDK_ASSIGN(prepared.kernel_entry_kind, choose_entry(entry, prepared.inputs, files.kernel_name, false));
    const Bytes initrd = prepared.inputs.initrd;
    const std::vector<IomemEntry>& iomem = ground.iomem;
    const std::string& base_line = ground.command_line;

    prepared.reservation = ground.reservation;
    prepared.warnings = warnings_of(ground.reservation);
    CoreFacts facts;
    facts.system_ram = system_ram(iomem);
    facts.reservation = prepared.reservation.ranges();
    facts.kernel_code = named_range(iomem, "Kernel code");
    KDK_ASSIGN(facts.mapping, parse_kcore(machine.kcore));
    KDK_ASSIGN(facts.notes, note_buffers(machine));
    if (const auto low = low_memory(facts.system_ram))
        facts.backup = Backup{*low, 0};
    for (const unsigned cpu : cpus_without_notes(machine))
        prepared.warnings.push_back(fmt::format(
            "/sys/devices/system/cpu/cpu{0}/crash_notes is missing: a dump will not have the registers of "
            "CPU {0}",
            cpu));

    // crash_elfcorehdr_size is there when the kernel can do it; it says how much room that may take.
    const std::uint64_t promised = parse_number(machine.elfcorehdr_size, 10).value_or(0);
    prepared.kernel_updates_core_header = promised != 0 && promised <= largest_core_header;
    const std::uint64_t core_room =
        std::max(core_header_size(facts), prepared.kernel_updates_core_header ? promised : 0);
    const std::uint64_t params_room = boot_params_room(
        kernel, machine, machine.firmware_memmap.size() + iomem.size(), prepared.inputs.dtb.size());
    std::vector<Demand> demands{
        kernel_demand(kernel),
        {"purgatory", purgatory_size(), purgatory_size(), page, false},
        {"bootparams", params_room, params_room, page, false},
        {"elfcorehdr", core_header_size(facts), core_room, page, false},
        {"initrd", initrd.size(), initrd.size(), page, false},
    };
    if (facts.backup)
        demands.insert(demands.begin() + 1,
                       {"backup", 0, *align_up(facts.backup->source.size(), page), page, false});
    if (prepared.kernel_entry_kind == Entry::pvh)
        bind_to_pvh(demands, kernel);
    KDK_ASSIGN(prepared.plan,
               place_segments(prepared.reservation.main, demands, control_room(facts.system_ram))
                   .map_error([&](Error error) {
                       return explain_place(std::move(error), prepared.kernel_entry_kind, kernel);
                   }));
    const Plan& plan = prepared.plan;
    const auto show_plan = [&](Error error) { return with_plan(std::move(error), plan); };
    KDK_TRY(
        check_placement(kernel, plan, facts.mapping.five_levels(), files.kernel_name).map_error(show_plan));

    if (facts.backup)
        facts.backup->destination = plan.segment("backup").memory.begin;
    RangeSet usable = facts.reservation;
    usable.subtract(plan.segment("elfcorehdr").memory);
    if (facts.backup) {
        usable.subtract(plan.segment("backup").memory);
        usable.add(facts.backup->source);
    }
    prepared.memory_map = new_memory_map(iomem, machine.firmware_memmap, usable);
    facts.capture_ram = ram_of(prepared.memory_map);
    KDK_ASSIGN(prepared.core_header, build_core_header(facts).map_error(show_plan));
    KDK_TRY(verify_core_header(prepared.core_header, facts).map_error(show_plan));

    prepared.command_line = fmt::format("{}{}elfcorehdr={:#x}", base_line, base_line.empty() ? "" : " ",
                                        plan.segment("elfcorehdr").memory.begin);
    KDK_TRY(check_command_line(prepared.command_line, command_line_limit(kernel)).map_error(show_plan));
    KDK_TRY(finish_load(prepared, machine, facts.backup).map_error(show_plan));
    return prepared;
}

Result<PreparedFileLoad> prepare_file_load(const Machine& machine, const LoadFiles& files,
                                           const CommandLineWish& wish) {
    KDK_ASSIGN(Groundwork ground, prepare_ground(machine, files, wish));
    PreparedFileLoad prepared;
    prepared.inputs = std::move(ground.inputs);
    prepared.command_line = ground.command_line;
    prepared.reservation = ground.reservation;
    prepared.warnings = warnings_of(ground.reservation);
    const std::uint64_t initrd_size = prepared.inputs.initrd.size();
    // The kernel places its segments itself; without room for these two it cannot.
    KDK_TRY(place_segments(
        prepared.reservation.main,
        {kernel_demand(prepared.inputs.image.kernel), {"initrd", initrd_size, initrd_size, page, false}},
        mebibyte));
    prepared.kernel = prepared.inputs.image.text();
    prepared.kernel_version = prepared.inputs.image.kernel.version;
    return prepared;
}

} // namespace kdumpkit::loader
