// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/setup_run.h"

#include "admin/arm.h"
#include "admin/boot_change.h"
#include "admin/estimate_machine.h"
#include "admin/reservation_text.h"
#include "admin/services.h"
#include "admin/take_over.h"
#include "base/file.h"
#include "config/settings_file.h"
#include "loader/kexec.h"
#include "loader/machine.h"
#include "loader/status.h"

#include <fmt/format.h>

namespace kdumpkit::admin {
namespace {

class Setup {
  public:
    Setup(const SetupWish& wish, SetupReport& report) : wish_(wish), report_(report) {
        report.dry_run = wish.dry_run;
    }

    Result<> look() {
        KDK_ASSIGN(machine_, loader::gather_machine("/"));
        if (!wish_.dry_run)
            KDK_TRY(loader::require_root(machine_, "set up", loader::KexecPurpose::capture));
        services_ = look_at_services(machine_.has_systemd, {});
        return {};
    }

    // First of all: nothing is changed while they are wrong.
    Result<> settings() {
        KDK_ASSIGN(const SettingsFile file, read_settings_file(""));
        good("settings", file.exists ? fmt::format("{} is good", file.path)
                                     : fmt::format("{} is absent: the defaults apply", file.path));
        return {};
    }

    // Two kdumps would load one over the other.
    Result<> rivals() {
        if (services_.rivals.empty())
            return {};
        const std::string names = fmt::format("{}", fmt::join(services_.rivals, ", "));
        if (!wish_.take_over)
            return fail(make_error(ErrorKind::invalid, "set up", "kdumpkit",
                                   fmt::format("{} loads a capture kernel of its own", names))
                            .then("kdumpkit setup --take-over, which disables it; kdumpkit setup --undo "
                                  "enables it again"));
        KDK_TRY(import_theirs());
        if (!wish_.dry_run) {
            KDK_TRY(note_taken_over(services_.rivals));
            KDK_TRY(change_services(enabling("disable"), services_.rivals));
        }
        changed("take-over", fmt::format("disable {}", names));
        return {};
    }

    Result<> initramfs(const Log& log) {
        ArmWish arming;
        arming.dry_run = wish_.dry_run;
        arming.only_build = true;
        ArmRecord record;
        if (wish_.dry_run) {
            KDK_TRY(arm(arming, record, log));
        } else {
            KDK_ASSIGN(const Fd lock, lock_arming());
            KDK_TRY(arm(arming, record, log));
        }
        if (record.rebuilt_because.empty())
            good("initramfs", fmt::format("{} is fresh", record.image));
        else
            changed("initramfs", fmt::format("make {} for {}: {}", record.image, record.kernel,
                                             fmt::join(record.rebuilt_because, "; ")));
        return {};
    }

    Result<> reservation() {
        ReservationFacts facts;
        facts.granted = loader::make_status(machine_, "").reserved;
        facts.command_line = machine_.command_line;
        facts.recorded = read_standing_reservation("");
        KDK_ASSIGN(const EstimateInputs inputs, gather_estimate(""));
        const Estimate estimate = estimate_reservation(inputs);
        facts.needed = estimate.needed;
        facts.recommended = estimate.recommended;
        facts.wished = wish_.parameter;
        decision_ = decide_reservation(facts);
        switch (decision_.step) {
        case ReservationStep::keep:
            good("reservation", decision_.why);
            return {};
        case ReservationStep::reboot:
            remains("reservation", fmt::format("{} {}", decision_.parameter, decision_.why), "reboot");
            return {};
        case ReservationStep::refused:
            remains("reservation", fmt::format("{} {}", decision_.parameter, decision_.why),
                    "look for \"crashkernel\" in the kernel's log (dmesg), and reserve less");
            return {};
        case ReservationStep::write:
            return write_reservation();
        }
        return {};
    }

    Result<> services() {
        // Of the settings that apply by now: they may just have been imported.
        KDK_ASSIGN(const SettingsFile file, read_settings_file(""));
        services_ = look_at_services(machine_.has_systemd, needed_units(file.settings));
        if (!services_.has_systemctl) {
            remains("services", "there is no systemd here", "run kdumpkit arm at each boot");
            return {};
        }
        if (services_.installed.empty()) {
            remains("services", "kdumpkit.service is not installed",
                    "install kdumpkit with its units, or run kdumpkit arm at each boot");
            return {};
        }
        if (services_.disabled.empty()) {
            good("services", fmt::format("{} are enabled", fmt::join(services_.enabled, ", ")));
            return {};
        }
        if (!wish_.dry_run)
            KDK_TRY(change_services({"enable"}, services_.disabled));
        changed("services", fmt::format("enable {}", fmt::join(services_.disabled, ", ")));
        return {};
    }

    Result<> arming(const Log& log) {
        if (loader::make_status(machine_, "").reserved == 0) {
            remains("armed", "there is no memory for the capture kernel yet", "");
            return {};
        }
        if (wish_.dry_run) {
            changed("armed", "load the capture kernel");
            return {};
        }
        const std::string& unit = our_units.front();
        if (services_.running && !services_.installed.empty()) {
            // Of a running service only the reload loads again; it never leaves the machine unarmed.
            KDK_TRY(change_services({"reload-or-restart"}, {unit}));
        } else {
            KDK_ASSIGN(const Fd lock, lock_arming());
            ArmRecord record;
            KDK_TRY(arm({}, record, log));
            (void)write_file_atomically(ArmRecord::path, to_json(record)); // only for kdumpkit status
        }
        KDK_ASSIGN(machine_, loader::gather_machine("/"));
        if (!loader::make_status(machine_, "").armed)
            return fail(make_error(ErrorKind::system, "arm", "this machine",
                                   fmt::format("{} ended well and nothing is loaded", unit))
                            .then("kdumpkit status"));
        good("armed", "the capture kernel is loaded");
        return {};
    }

    Result<> unload_and_disable() {
        if (services_.has_systemctl && !services_.installed.empty()) {
            if (!wish_.dry_run)
                KDK_TRY(change_services(enabling("disable"), services_.installed));
            changed("services", fmt::format("disable {}", fmt::join(services_.installed, ", ")));
        }
        if (loader::make_status(machine_, "").armed) {
            if (!wish_.dry_run)
                KDK_TRY(loader::kexec_unload(loader::KexecPurpose::capture));
            changed("armed", "unload the capture kernel");
        }
        const std::vector<std::string> theirs = units_taken_over();
        if (theirs.empty())
            return {};
        if (!wish_.dry_run) {
            KDK_TRY(change_services({"enable"}, theirs));
            forget_taken_over();
        }
        changed("take-over", fmt::format("enable {} again", fmt::join(theirs, ", ")));
        return {};
    }

    Result<> unreserve() {
        Fd lock;
        if (!wish_.dry_run) {
            KDK_ASSIGN(lock, lock_boot_settings());
        }
        KDK_ASSIGN(const auto record, read_reservation_record(""));
        if (!record) {
            good("reservation", "kdumpkit has written none");
            return {};
        }
        KDK_ASSIGN(const BootPlan plan, plan_undo(read_boot_tree(""), *record));
        report_.change = to_text(plan);
        if (!wish_.dry_run)
            KDK_TRY(apply_undo(plan, ""));
        changed("reservation", fmt::format("take {} away", record->parameter));
        if (!wish_.dry_run)
            report_.steps.back().next = "reboot; until then the memory stays reserved";
        return {};
    }

  private:
    void add(std::string name, SetupState state, std::string text, std::string next = {}) {
        report_.steps.push_back({std::move(name), state, std::move(text), std::move(next)});
    }
    void good(std::string name, std::string text) { add(std::move(name), SetupState::good, std::move(text)); }
    void changed(std::string name, std::string text) {
        add(std::move(name), wish_.dry_run ? SetupState::planned : SetupState::done, std::move(text));
    }
    void remains(std::string name, std::string text, std::string next) {
        add(std::move(name), SetupState::remains, std::move(text), std::move(next));
    }

    // "disable --now" where services run, "disable" in an image that is only prepared.
    [[nodiscard]] std::vector<std::string> enabling(const char* verb) const {
        return services_.running ? std::vector<std::string>{verb, "--now"} : std::vector<std::string>{verb};
    }

    // Settings of the kdump that is taken over, when there are none of ours.
    Result<> import_theirs() {
        if (file_exists(default_settings_path))
            return {};
        KDK_ASSIGN(const auto theirs, settings_of_rival(services_.rivals.front()));
        if (!theirs)
            return {};
        if (!wish_.dry_run)
            KDK_TRY(write_file_atomically(default_settings_path, theirs->toml));
        changed("import",
                fmt::format("write {} from {}, {} of {} keys not taken over (kdumpkit config import "
                            "{} says which)",
                            default_settings_path, theirs->path, theirs->left, theirs->keys, theirs->path));
        return {};
    }

    Result<> write_reservation() {
        Fd lock;
        if (!wish_.dry_run) {
            KDK_ASSIGN(lock, lock_boot_settings());
        }
        auto plan = plan_boot(read_boot_tree(""), decision_.parameter);
        if (!plan) {
            // Everything else can be done all the same.
            remains(
                "reservation", plan.error().message(),
                fmt::format("add {} to the kernel's command line by hand, and reboot", decision_.parameter));
            return {};
        }
        report_.change = to_text(*plan);
        if (!wish_.dry_run)
            KDK_TRY(apply_plan(*plan, decision_.parameter, ""));
        changed("reservation", fmt::format("set {} through {} ({})", decision_.parameter,
                                           fmt::join(plan->loaders, " and "), decision_.why));
        if (!wish_.dry_run)
            report_.steps.back().next = fmt::format(
                "reboot; then kdumpkit setup tells whether the kernel granted {}", decision_.parameter);
        return {};
    }

    const SetupWish& wish_;
    SetupReport& report_;
    loader::Machine machine_;
    Services services_;
    ReservationDecision decision_;
};

} // namespace

Result<> set_up(const SetupWish& wish, SetupReport& report, const Log& log) {
    Setup setup(wish, report);
    KDK_TRY(setup.look());
    KDK_TRY(setup.settings());
    KDK_TRY(setup.rivals());
    KDK_TRY(setup.initramfs(log));
    KDK_TRY(setup.reservation());
    KDK_TRY(setup.services());
    return setup.arming(log);
}

Result<> take_back(const SetupWish& wish, SetupReport& report) {
    Setup setup(wish, report);
    KDK_TRY(setup.look());
    KDK_TRY(setup.unload_and_disable());
    return setup.unreserve();
}

} // namespace kdumpkit::admin
