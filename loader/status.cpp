// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/status.h"

#include "base/bytes.h"
#include "base/json.h"
#include "base/progress.h"
#include "loader/choice.h"
#include "loader/iomem.h"

#include <fmt/format.h>

namespace kdumpkit::loader {

using nlohmann::ordered_json;

namespace {

ordered_json json_of(const LoadRecord& record) {
    return {{"kernel", record.kernel},
            {"initrd", record.initrd},
            {"kernel_version", record.kernel_version},
            {"command_line", record.command_line},
            {"syscall", record.syscall},
            {"loaded_at", record.loaded_at},
            {"context_memory_bytes", record.context_memory},
            {"dtb", record.dtb},
            {"entry", record.entry}};
}

} // namespace

std::string LoadRecord::path(KexecPurpose purpose) {
    return purpose == KexecPurpose::capture ? "/run/kdumpkit/loaded.json"
                                            : "/run/kdumpkit/loaded-reboot.json";
}

std::string to_json(const LoadRecord& record) {
    return json_text(json_of(record));
}

std::optional<LoadRecord> parse_load_record(std::string_view text) {
    const ordered_json json = ordered_json::parse(text, nullptr, false);
    LoadRecord record{text_in(json, "kernel"),
                      text_in(json, "initrd"),
                      text_in(json, "kernel_version"),
                      text_in(json, "command_line"),
                      text_in(json, "syscall"),
                      text_in(json, "loaded_at"),
                      number_in(json, "context_memory_bytes").value_or(0),
                      text_in(json, "dtb")};
    if (const std::string entry = text_in(json, "entry"); !entry.empty())
        record.entry = entry;
    if (record.kernel.empty())
        return std::nullopt;
    return record;
}

Status make_status(const Machine& machine, std::string_view record, std::string_view reboot_record) {
    Status status;
    status.running_kernel = machine.release;
    if (!machine.crash_loaded.empty())
        status.kernel_says = machine.crash_loaded == "1";
    status.armed = status.kernel_says.value_or(false);
    if (const auto iomem = parse_iomem(machine.iomem))
        status.reservations = crash_kernel_ranges(*iomem);
    for (const Range& range : status.reservations)
        status.reserved += range.size();
    if (status.reservations.empty())
        status.reserved = parse_number(machine.crash_size, 10).value_or(0);
    if (status.armed)
        status.record = parse_load_record(record);
    status.reboot_loaded = machine.reboot_loaded == "1";
    if (status.reboot_loaded)
        status.reboot_record = parse_load_record(reboot_record);
    status.load_disabled = machine.load_disabled == "1";
    status.panic_left = loads_left(machine, KexecPurpose::capture);
    status.reboot_left = loads_left(machine, KexecPurpose::reboot);
    status.locked_down = is_locked_down(machine);
    return status;
}

std::string to_text(const Status& status, std::string_view more) {
    std::string text;
    if (!status.kernel_says)
        text += "armed:       no: this kernel has no kexec for crashes (no crash_loaded in /sys/kernel)\n";
    else
        text += fmt::format("armed:       {}\n", status.armed ? "yes" : "no: a panic would leave no dump");
    text += fmt::format("reservation: {}", status.reserved == 0 ? "none" : human_bytes(status.reserved));
    for (const Range& range : status.reservations)
        text += fmt::format("  {:#x}-{:#x}", range.begin, range.end - 1);
    text += fmt::format("\nrunning:     {}\n", status.running_kernel);
    if (status.record) {
        const LoadRecord& record = *status.record;
        text += fmt::format("loaded:      {} ({})\n", record.kernel, record.kernel_version);
        text += fmt::format("initrd:      {}\ncommand:     {}\n", record.initrd, record.command_line);
        text += fmt::format("by:          {} at {}\n", record.syscall, record.loaded_at);
    } else if (status.armed) {
        text += "loaded:      by another program: the kernel does not tell what\n";
    }
    if (status.reboot_loaded)
        text += fmt::format("for reboot:  {}\n",
                            status.reboot_record
                                ? fmt::format("{} ({}){}, command line: {}", status.reboot_record->kernel,
                                              status.reboot_record->kernel_version,
                                              status.reboot_record->context_memory != 0 ? ", may return" : "",
                                              status.reboot_record->command_line)
                                : "a kernel that another program loaded");
    if (status.load_disabled)
        text += "disabled:    kernel.kexec_load_disabled is 1: until the next boot nothing is loaded or "
                "unloaded\n";
    const auto limit = [&](const char* name, const std::optional<std::uint64_t>& left) {
        if (left)
            text += fmt::format("limit:       kernel.{} permits {} more loads until the next boot\n", name,
                                *left);
    };
    limit("kexec_load_limit_panic", status.panic_left);
    limit("kexec_load_limit_reboot", status.reboot_left);
    if (status.locked_down)
        text += "lockdown:    only kexec_file_load of a signed kernel is permitted\n";
    text += more;
    if (!status.kernel_says)
        text += "next: boot a kernel with CONFIG_KEXEC (or CONFIG_KEXEC_FILE) and CONFIG_CRASH_DUMP\n";
    else if (status.reserved == 0)
        text += "next: kdumpkit reserve auto (crashkernel= on the kernel's command line), and reboot\n";
    else if (!status.armed && (status.load_disabled || status.panic_left == 0))
        text += "next: reboot: this kernel permits no more loading\n";
    else if (!status.armed)
        text += "next: kdumpkit arm, or systemctl enable --now kdumpkit\n";
    return text;
}

std::string to_json(const Status& status) {
    ordered_json json{{"armed", status.armed},
                      {"reserved_bytes", status.reserved},
                      {"reservations", ordered_json::array()},
                      {"running_kernel", status.running_kernel},
                      {"loaded", nullptr},
                      {"reboot_loaded", status.reboot_loaded},
                      {"loaded_for_reboot", nullptr},
                      {"load_disabled", status.load_disabled},
                      {"panic_loads_left", nullptr},
                      {"reboot_loads_left", nullptr},
                      {"locked_down", status.locked_down}};
    if (status.reboot_record)
        json["loaded_for_reboot"] = json_of(*status.reboot_record);
    if (status.panic_left)
        json["panic_loads_left"] = *status.panic_left;
    if (status.reboot_left)
        json["reboot_loads_left"] = *status.reboot_left;
    for (const Range& range : status.reservations)
        json["reservations"].push_back({{"begin", range.begin}, {"end", range.end}});
    if (status.record)
        json["loaded"] = json_of(*status.record);
    return json_text(json);
}

} // namespace kdumpkit::loader
