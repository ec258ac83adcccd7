// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/plan_report.h"

#include "base/json.h"
#include "base/progress.h"

#include <elf.h>
#include <fmt/format.h>

namespace kdumpkit::loader {

using nlohmann::ordered_json;

namespace {

ordered_json json_of(const Reservation& reservation) {
    ordered_json list = ordered_json::array();
    for (const Range& range : reservation.all)
        list.push_back({{"begin", range.begin}, {"end", range.end}, {"used", range == reservation.main}});
    return list;
}

std::string what_for(KexecPurpose purpose) {
    return purpose == KexecPurpose::capture ? "capture" : "reboot";
}

// The program headers of a core header that was verified.
std::vector<Elf64_Phdr> core_ranges(const PreparedLoad& prepared) {
    const ByteReader reader(prepared.core_header);
    std::vector<Elf64_Phdr> headers;
    for (std::uint64_t at = sizeof(Elf64_Ehdr); const auto header = reader.raw<Elf64_Phdr>(at);
         at += sizeof(Elf64_Phdr))
        headers.push_back(*header);
    return headers;
}

std::string carried(const Inputs& inputs) {
    std::string text;
    if (inputs.initrd_carried)
        text += "initrd       out of the unified kernel image\n";
    if (inputs.carried_command_line)
        text += fmt::format("carried      {}\n", *inputs.carried_command_line);
    return text;
}

// Of the boot parameters' segment; nullopt for a kernel that gets a zero page.
std::optional<Range> start_info(const PreparedLoad& prepared) {
    if (prepared.kernel_entry_kind != Entry::pvh)
        return std::nullopt;
    const Segment& segment = prepared.plan.segment("bootparams");
    return Range{segment.memory.begin, segment.memory.begin + segment.content};
}

std::string kernel_entry(const PreparedLoad& prepared) {
    std::string text =
        fmt::format("then         {:#012x}, the kernel's {} entry{}\n", prepared.kernel_entry,
                    prepared.kernel_entry_kind == Entry::pvh ? "PVH" : "64-bit",
                    prepared.kernel_entry_kind != Entry::pvh && prepared.inputs.image.kernel.pvh
                        ? "; it has a PVH entry, too (--entry pvh)"
                        : "");
    if (const auto info = start_info(prepared))
        text += fmt::format("start info   {:#012x}-{:#012x} {:>10}\n", info->begin, info->end - 1,
                            human_bytes(info->size()));
    return text;
}

ordered_json json_of(const Inputs& inputs) {
    return {{"kind", inputs.image.kernel.kind},
            {"wrappings", inputs.image.wrappings},
            {"initrd_bytes", inputs.initrd.size()},
            {"initrd_carried", inputs.initrd_carried},
            {"dtb_bytes", inputs.dtb.size()}};
}

} // namespace

std::string plan_text(const PreparedLoad& prepared) {
    std::string text = fmt::format("kexec_load of {} for a {}\n{}{}entry        {:#012x}\n{}",
                                   prepared.kernel, what_for(prepared.purpose), carried(prepared.inputs),
                                   prepared.plan.text(), prepared.entry, kernel_entry(prepared));
    for (const E820Entry& entry : prepared.memory_map)
        text += fmt::format("memory map   {:#012x}-{:#012x} {:>10} {}\n", entry.range.begin,
                            entry.range.end - 1, human_bytes(entry.range.size()), to_text(entry.type));
    const auto headers = core_ranges(prepared);
    if (!headers.empty())
        text += fmt::format("core header  {} program headers, verified{}\n", headers.size(),
                            prepared.kernel_updates_core_header
                                ? "; the kernel updates them when CPUs and memory come and go"
                                : "");
    for (const Elf64_Phdr& header : headers)
        text += fmt::format(
            "  {:<10} {:#012x}-{:#012x} {:>10}{}\n", header.p_type == PT_NOTE ? "note" : "memory",
            header.p_paddr, header.p_paddr + header.p_memsz - 1, human_bytes(header.p_memsz),
            header.p_offset == header.p_paddr ? "" : fmt::format(", saved at {:#012x}", header.p_offset));
    text += fmt::format("command line {}\n", prepared.command_line);
    for (const std::string& warning : prepared.warnings)
        text += fmt::format("warning      {}\n", warning);
    return text;
}

std::string plan_json(const PreparedLoad& prepared) {
    const RangeSet free = prepared.plan.free();
    ordered_json json{{"syscall", "kexec_load"},
                      {"purpose", what_for(prepared.purpose)},
                      {"may_return", prepared.returns},
                      {"kernel", json_of(prepared.inputs)},
                      {"kernel_version", prepared.kernel_version},
                      {"reservations", json_of(prepared.reservation)},
                      {"segments", ordered_json::array()},
                      {"free", ordered_json::array()},
                      {"free_bytes", free.total()},
                      {"kept_free_bytes", prepared.plan.kept_free},
                      {"entry", prepared.entry},
                      {"kernel_entry", prepared.kernel_entry},
                      {"kernel_entry_kind", to_text(prepared.kernel_entry_kind)},
                      {"start_info", nullptr},
                      {"memory_map", ordered_json::array()},
                      {"core_header_entries", core_ranges(prepared).size()},
                      {"core_header", ordered_json::array()},
                      {"kernel_updates_core_header", prepared.kernel_updates_core_header},
                      {"command_line", prepared.command_line},
                      {"warnings", prepared.warnings}};
    if (const auto info = start_info(prepared))
        json["start_info"] = {{"begin", info->begin}, {"end", info->end}};
    for (const Segment& segment : prepared.plan.segments)
        json["segments"].push_back({{"name", segment.name},
                                    {"begin", segment.memory.begin},
                                    {"end", segment.memory.end},
                                    {"content_bytes", segment.content}});
    for (const Range& range : free.ranges())
        json["free"].push_back({{"begin", range.begin}, {"end", range.end}});
    for (const E820Entry& entry : prepared.memory_map)
        json["memory_map"].push_back({{"begin", entry.range.begin},
                                      {"end", entry.range.end},
                                      {"type", static_cast<std::uint32_t>(entry.type)},
                                      {"name", to_text(entry.type)}});
    for (const Elf64_Phdr& header : core_ranges(prepared))
        json["core_header"].push_back({{"type", header.p_type == PT_NOTE ? "note" : "memory"},
                                       {"begin", header.p_paddr},
                                       {"end", header.p_paddr + header.p_memsz},
                                       {"virtual_begin", header.p_vaddr},
                                       {"content_at", header.p_offset}});
    return json_text(json);
}

std::string plan_text(const PreparedFileLoad& prepared) {
    std::string text = fmt::format("kexec_file_load of {} for a {}\n{}", prepared.kernel,
                                   what_for(prepared.purpose), carried(prepared.inputs));
    for (const Range& range : prepared.reservation.all)
        text += fmt::format("reservation  {:#012x}-{:#012x} {:>10}\n", range.begin, range.end - 1,
                            human_bytes(range.size()));
    text += fmt::format("the running kernel places the segments itself{}\ncommand line {}\n",
                        prepared.purpose == KexecPurpose::capture ? " and adds elfcorehdr=" : "",
                        prepared.command_line);
    for (const std::string& warning : prepared.warnings)
        text += fmt::format("warning      {}\n", warning);
    return text;
}

std::string plan_json(const PreparedFileLoad& prepared) {
    return json_text({{"syscall", "kexec_file_load"},
                      {"purpose", what_for(prepared.purpose)},
                      {"kernel", json_of(prepared.inputs)},
                      {"kernel_version", prepared.kernel_version},
                      {"reservations", json_of(prepared.reservation)},
                      {"command_line", prepared.command_line},
                      {"warnings", prepared.warnings}});
}

} // namespace kdumpkit::loader
