// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/arm.h"
#include "admin/boot_change.h"
#include "admin/doctor_checks.h"
#include "admin/estimate_machine.h"
#include "admin/kernel_image.h"
#include "admin/local_folders.h"
#include "admin/machine_names.h"
#include "base/file.h"
#include "config/settings_file.h"
#include "loader/image/pe.h"
#include "loader/machine.h"

#include <algorithm>

#include <sys/statvfs.h>

namespace kdumpkit::admin {
namespace {

std::string without_break(std::string text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
        text.pop_back();
    return text;
}

// UEFI specification 3.3, "SecureBoot": four bytes of attributes, then 1 while it is enforced.
std::optional<bool> secure_boot() {
    const auto variable =
        read_file("/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", 64);
    if (!variable || variable->size() < 5)
        return std::nullopt;
    return (*variable)[4] == std::byte{1};
}

std::map<std::string, std::string> read_sysctls() {
    std::map<std::string, std::string> found;
    for (const std::string& name : panic_sysctls()) {
        std::string path = name;
        std::replace(path.begin(), path.end(), '.', '/');
        if (auto value = read_text("/proc/sys/" + path))
            found[name] = without_break(*std::move(value));
    }
    return found;
}

// What a build says, without building: missing modules, programs, disks.
void try_build(const std::string& config, DoctorFacts& facts) {
    ArmWish wish;
    wish.config = config;
    wish.dry_run = wish.only_build = true;
    ArmRecord record;
    const Log log([&](LogLevel level, std::string_view text) {
        if (level == LogLevel::warning)
            facts.build_warnings.emplace_back(text);
    });
    if (const auto possible = arm(wish, record, log))
        facts.stale = record.rebuilt_because;
    else
        facts.build_error = possible.error().message();
}

void look_at_settings(const std::string& config, DoctorFacts& facts) {
    const auto file = read_settings_file(config);
    if (!file) {
        facts.settings_error = file.error().message();
        facts.services = look_at_services(facts.systemd_runs, needed_units(Settings{}));
        return;
    }
    const Settings& settings = file->settings;
    facts.services = look_at_services(facts.systemd_runs, needed_units(settings));
    facts.targets = look_at_targets(settings);
    probe_targets(facts.targets);
    auto dumps = find_dumps(find_local_folders(settings).paths).value_or(std::vector<Dump>{});
    leave_to_others(dumps, names_of_this_machine());
    if (const auto size =
            expected_dump_size(dumps, settings.level, read_text("/proc/meminfo").value_or(std::string()))) {
        facts.dump_bytes = size->bytes;
        facts.dump_bytes_from = size->from;
    }
    if (!facts.privileged)
        return;
    try_build(config, facts);
    if (const auto inputs = gather_estimate(config)) {
        const Estimate estimate = estimate_reservation(*inputs);
        facts.needed = estimate.needed;
        facts.recommended = estimate.recommended;
        if (const auto path = find_kernel_image(inputs->kernel))
            if (const auto image = read_file(*path))
                facts.image_signed = loader::has_pe_signature(*image);
    }
}

} // namespace

Result<DoctorFacts> gather_doctor_facts(const std::string& config) {
    DoctorFacts facts;
    KDK_ASSIGN(const loader::Machine machine, loader::gather_machine("/"));
    facts.privileged = machine.privileged;
    facts.systemd_runs = machine.has_systemd;
    facts.kernel = loader::make_status(
        machine, read_text(loader::LoadRecord::path(loader::KexecPurpose::capture)).value_or(std::string()));
    facts.command_line = machine.command_line;
    facts.recorded = read_standing_reservation("");
    facts.image = parse_image_record(read_text(ImageRecord::path).value_or(std::string()));
    facts.arm = parse_arm_record(read_text(ArmRecord::path).value_or(std::string()));
    facts.secure_boot = secure_boot();
    facts.sysctls = read_sysctls();
    facts.post_notifiers = without_break(
        read_text("/sys/module/kernel/parameters/crash_kexec_post_notifiers").value_or(std::string()));
    struct statvfs room {};
    for (const char* folder : {"/var/lib/kdumpkit", "/var/lib", "/var"})
        if (::statvfs(folder, &room) == 0) {
            facts.state_free = std::uint64_t{room.f_bfree} * room.f_frsize;
            break;
        }
    look_at_settings(config, facts);
    return facts;
}

} // namespace kdumpkit::admin
