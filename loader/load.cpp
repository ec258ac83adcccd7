// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/load.h"

#include "loader/bootparams.h"
#include "loader/image/image.h"
#include "loader/iomem.h"
#include "loader/kcore.h"
#include "loader/purgatory_blob.h"

#include <algorithm>

#include <elf.h>
#include <fmt/format.h>

namespace kdumpkit::loader {

namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20, gibibyte = std::uint64_t{1} << 30;
// COMMAND_LINE_SIZE of arch/x86/include/asm/setup.h, less the NUL: /proc/cmdline of the capture kernel ends
// there whatever its header says.
constexpr std::uint64_t x86_command_line_limit = 2047;
// " elfcorehdr=0x" and 16 digits; kexec_file_load sets aside MAX_ELFCOREHDR_STR_LEN = 30 itself.
constexpr std::uint64_t elfcorehdr_room = 30;
// BIOS data, the capture kernel's real-mode trampolines: what it uses below 1 MiB.
constexpr std::uint64_t backup_end = std::uint64_t{640} * 1024;
constexpr std::uint64_t la57_page_offset = 0xff10000000000000, la57_page_offset_end = 0xff90000000000000;

Result<> check_architecture(const Machine& machine) {
    if (machine.architecture == "x86_64")
        return {};
    return fail(ErrorKind::unsupported, "load", "a capture kernel",
                fmt::format("this machine is {}; x86_64 is what is supported", machine.architecture));
}

Result<> check_initrd(const CaptureImages& images) {
    const std::string build = "build one with: kdumpkit build -o FILE --target URL";
    if (images.initrd.empty())
        return fail(
            make_error(ErrorKind::corrupt, "use the initrd", images.initrd_name, "it is empty").then(build));
    if (images.initrd.size() >= (std::uint64_t{1} << 32))
        return fail(ErrorKind::unsupported, "use the initrd", images.initrd_name, "it has 4 GiB or more");
    // Only what is certainly wrong: an initramfs may be compressed in ways that we do not know.
    const ImageFormat format = probe_image(images.initrd);
    if (format == ImageFormat::bzimage || format == ImageFormat::elf || format == ImageFormat::text)
        return fail(make_error(ErrorKind::invalid, "use the initrd", images.initrd_name,
                               fmt::format("it is {}, not an initramfs", describe(format)))
                        .then(build));
    return {};
}

std::uint64_t command_line_limit(const BzImage& image) {
    return std::min<std::uint64_t>(image.cmdline_size, x86_command_line_limit);
}

// Page tables for the identity mapping of all RAM (a page for each GiB when the CPU has no 1 GiB pages, plus
// the upper levels) and the control pages; generous, since the running kernel allocates them after us.
std::uint64_t control_room(const RangeSet& ram) {
    const std::uint64_t top = ram.empty() ? 0 : ram.ranges().back().end;
    return mebibyte + (top / gibibyte + 4) * 2 * page;
}

// The largest piece, usually all between the first page and the EBDA. A firmware that puts something in
// between leaves others: the capture kernel must not get those as RAM, as nothing saves them.
std::optional<Backup> low_memory(const RangeSet& ram) {
    const RangeSet low = ram.intersection(RangeSet{{0, backup_end}});
    if (low.empty())
        return std::nullopt;
    const auto& ranges = low.ranges();
    return Backup{*std::ranges::max_element(ranges, {}, &Range::size), 0};
}

Result<> check_placement(const BzImage& image, const Plan& plan, const KernelMapping& mapping,
                         const std::string& name) {
    const Range where = plan.segment("kernel").memory;
    if (!image.can_be_above_4g && plan.reservation.end > 4 * gibibyte)
        return fail(make_error(ErrorKind::unsupported, "place the kernel", name,
                               "the reservation is above 4 GiB, and this kernel cannot be loaded there")
                        .then("boot with crashkernel=SIZE without \",high\""));
    if (!image.relocatable)
        return fail(make_error(ErrorKind::unsupported, "place the kernel", name,
                               fmt::format("it is not relocatable: it runs at {:#x} only, not at {:#x}",
                                           image.pref_address, where.begin))
                        .then("give a kernel with CONFIG_RELOCATABLE"));
    if (where.begin < image.pref_address)
        return fail(
            make_error(ErrorKind::unsupported, "place the kernel", name,
                       fmt::format("the reservation starts at {:#x}, below the kernel's lowest address {:#x}",
                                   where.begin, image.pref_address))
                .then("boot with crashkernel=SIZE without an offset"));
    const bool five_levels =
        mapping.page_offset >= la57_page_offset && mapping.page_offset < la57_page_offset_end;
    if (five_levels && !image.handles_5level)
        return fail(
            make_error(ErrorKind::unsupported, "use the kernel", name,
                       "this machine runs with 5-level paging, and that kernel cannot be entered in it")
                .then("give a newer kernel, or boot production with no5lvl"));
    return {};
}

// What both system calls begin with, before anything is placed.
struct Groundwork {
    BzImage image;
    std::string command_line; // without elfcorehdr=
    std::vector<IomemEntry> iomem;
    Reservation reservation;
};

Result<Groundwork> prepare_ground(const Machine& machine, const CaptureImages& images,
                                  const CommandLineWish& wish) {
    Groundwork ground;
    KDK_TRY(check_architecture(machine));
    KDK_ASSIGN(ground.image, parse_bzimage(images.kernel, images.kernel_name));
    KDK_TRY(check_initrd(images));
    KDK_ASSIGN(ground.command_line, compose_command_line(machine.command_line, wish));
    KDK_TRY(check_command_line(ground.command_line, command_line_limit(ground.image) - elfcorehdr_room));
    KDK_ASSIGN(ground.iomem, parse_iomem(machine.iomem));
    KDK_ASSIGN(ground.reservation, find_reservation(ground.iomem, machine.crash_size, machine.command_line,
                                                    machine.crash_cma_ranges));
    return ground;
}

} // namespace

Result<> require_root(const Machine& machine, const std::string& operation) {
    if (machine.privileged)
        return {};
    return fail(make_error(ErrorKind::invalid, operation, "a capture kernel", "this needs root")
                    .then("run it with sudo"));
}

Result<SyscallChoice> parse_syscall_choice(const std::string& text) {
    if (text == "auto")
        return SyscallChoice::automatic;
    if (text == "kexec_load")
        return SyscallChoice::kexec_load;
    if (text == "kexec_file_load")
        return SyscallChoice::kexec_file_load;
    return fail(make_error(ErrorKind::invalid, "use --syscall", text, "it is not a system call that loads")
                    .then("say auto, kexec_load or kexec_file_load"));
}

Result<SyscallDecision> decide_syscall(SyscallChoice choice, const Machine& machine) {
    // kexec_load_permitted() in kernel/kexec_core.c guards both calls.
    if (machine.load_disabled == "1")
        return fail(
            make_error(ErrorKind::invalid, "load", "a capture kernel",
                       "kernel.kexec_load_disabled is 1, which forbids kexec_load and kexec_file_load")
                .then("reboot, and load before it is set (see /etc/sysctl.d)"));
    if (choice == SyscallChoice::kexec_load)
        return SyscallDecision{KexecSyscall::kexec_load, "asked for", false};
    if (choice == SyscallChoice::kexec_file_load)
        return SyscallDecision{KexecSyscall::kexec_file_load, "asked for", false};
    if (machine.lockdown.find("[integrity]") != std::string::npos ||
        machine.lockdown.find("[confidentiality]") != std::string::npos)
        return SyscallDecision{KexecSyscall::kexec_file_load, "the kernel is locked down", false};
    if (!parse_kcore(machine.kcore))
        return SyscallDecision{KexecSyscall::kexec_file_load,
                               "/proc/kcore does not tell where the kernel's memory is mapped", false};
    return SyscallDecision{KexecSyscall::kexec_load, "nothing forbids it", true};
}

std::vector<LoadedSegment> PreparedLoad::segments() const {
    const auto at = [&](std::string_view name, Bytes content) {
        return LoadedSegment{plan.segment(name).memory, content};
    };
    std::vector<LoadedSegment> list{at("kernel", kernel), at("initrd", initrd), at("elfcorehdr", core_header),
                                    at("bootparams", boot_params), at("purgatory", purgatory)};
    if (std::ranges::find(plan.segments, "backup", &Segment::name) != plan.segments.end())
        list.push_back(at("backup", {}));
    return list;
}

Result<PreparedLoad> prepare_kexec_load(const Machine& machine, const CaptureImages& images,
                                        const CommandLineWish& wish) {
    KDK_ASSIGN(const Groundwork ground, prepare_ground(machine, images, wish));
    const BzImage& image = ground.image;
    const std::vector<IomemEntry>& iomem = ground.iomem;
    const std::string& base_line = ground.command_line;

    PreparedLoad prepared;
    prepared.reservation = ground.reservation;
    CoreFacts facts;
    facts.system_ram = system_ram(iomem);
    facts.reservation = prepared.reservation.ranges();
    facts.kernel_code = named_range(iomem, "Kernel code");
    KDK_ASSIGN(facts.mapping, parse_kcore(machine.kcore));
    KDK_ASSIGN(facts.notes, note_buffers(machine));
    facts.backup = low_memory(facts.system_ram);
    for (const unsigned cpu : cpus_without_notes(machine))
        prepared.warnings.push_back(fmt::format(
            "/sys/devices/system/cpu/cpu{0}/crash_notes is missing: a dump will not have the registers of "
            "CPU {0}",
            cpu));

    const std::uint64_t params_room =
        boot_params_room(image, machine, machine.firmware_memmap.size() + iomem.size());
    std::vector<Demand> demands{
        {"kernel", image.protected_mode.size(), image.init_size, image.alignment, true},
        {"purgatory", purgatory_size(), purgatory_size(), page, false},
        {"bootparams", params_room, params_room, page, false},
        {"elfcorehdr", core_header_size(facts), core_header_size(facts), page, false},
        {"initrd", images.initrd.size(), images.initrd.size(), page, false},
    };
    if (facts.backup)
        demands.insert(demands.begin() + 1,
                       {"backup", 0, *align_up(facts.backup->source.size(), page), page, false});
    KDK_ASSIGN(prepared.plan,
               place_segments(prepared.reservation.main, demands, control_room(facts.system_ram)));
    const Plan& plan = prepared.plan;
    KDK_TRY(check_placement(image, plan, facts.mapping, images.kernel_name));

    if (facts.backup)
        facts.backup->destination = plan.segment("backup").memory.begin;
    RangeSet usable = facts.reservation;
    usable.subtract(plan.segment("elfcorehdr").memory);
    if (facts.backup) {
        usable.subtract(plan.segment("backup").memory);
        usable.add(facts.backup->source);
    }
    const std::vector<E820Entry> memory_map = capture_memory_map(iomem, machine.firmware_memmap, usable);
    facts.capture_ram = ram_of(memory_map);
    KDK_ASSIGN(prepared.core_header, build_core_header(facts));
    KDK_TRY(verify_core_header(prepared.core_header, facts));

    prepared.command_line = fmt::format("{}{}elfcorehdr={:#x}", base_line, base_line.empty() ? "" : " ",
                                        plan.segment("elfcorehdr").memory.begin);
    KDK_TRY(check_command_line(prepared.command_line, command_line_limit(image)));

    const std::uint64_t initrd_at = plan.segment("initrd").memory.begin;
    const std::uint64_t params_at = plan.segment("bootparams").memory.begin;
    KDK_ASSIGN(prepared.boot_params, build_boot_params({image,
                                                        machine,
                                                        params_at,
                                                        plan.segment("bootparams").memory.size(),
                                                        prepared.command_line,
                                                        {initrd_at, initrd_at + images.initrd.size()},
                                                        memory_map}));
    prepared.kernel = image.protected_mode;
    prepared.initrd = images.initrd;
    const std::uint64_t kernel_at = plan.segment("kernel").memory.begin;
    KDK_ASSIGN(prepared.purgatory,
               build_purgatory(kernel_at + BzImage::entry64, params_at, facts.backup,
                               {{"kernel", kernel_at, prepared.kernel},
                                {"initrd", initrd_at, images.initrd},
                                {"elfcorehdr", plan.segment("elfcorehdr").memory.begin, prepared.core_header},
                                {"bootparams", params_at, prepared.boot_params}}));
    for (const LoadedSegment& loaded : prepared.segments())
        for (Segment& segment : prepared.plan.segments)
            if (segment.memory == loaded.memory)
                segment.content = loaded.content.size();
    prepared.entry = plan.segment("purgatory").memory.begin;
    prepared.kernel_version = image.version;
    prepared.core_header_entries = (prepared.core_header.size() - sizeof(Elf64_Ehdr)) / sizeof(Elf64_Phdr);
    return prepared;
}

Result<PreparedFileLoad> prepare_file_load(const Machine& machine, const CaptureImages& images,
                                           const CommandLineWish& wish) {
    KDK_ASSIGN(const Groundwork ground, prepare_ground(machine, images, wish));
    const BzImage& image = ground.image;
    PreparedFileLoad prepared;
    prepared.command_line = ground.command_line;
    prepared.reservation = ground.reservation;
    // The kernel places its segments itself; without room for these two it cannot.
    KDK_TRY(place_segments(prepared.reservation.main,
                           {{"kernel", image.protected_mode.size(), image.init_size, image.alignment, true},
                            {"initrd", images.initrd.size(), images.initrd.size(), page, false}},
                           mebibyte));
    prepared.kernel_version = image.version;
    return prepared;
}

} // namespace kdumpkit::loader
