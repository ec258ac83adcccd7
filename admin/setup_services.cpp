// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/setup_services.h"

#include "admin/take_over.h"
#include "base/file.h"
#include "config/settings_file.h"

#include <fmt/format.h>

namespace kdumpkit::admin {
namespace {

// "disable --now" where services run, "disable" in an image that is only prepared.
std::vector<std::string> disabling(const Services& services) {
    return services.running ? std::vector<std::string>{"disable", "--now"}
                            : std::vector<std::string>{"disable"};
}

// Settings of the kdump that is taken over, when there are none of ours.
Result<> import_theirs(const Services& services, SetupSteps steps) {
    if (file_exists(default_settings_path))
        return {};
    KDK_ASSIGN(const auto theirs, settings_of_rival(services.rivals.front()));
    if (!theirs)
        return {};
    if (!steps.report.dry_run)
        KDK_TRY(write_file_atomically(default_settings_path, theirs->toml));
    steps.changed("import",
                  fmt::format("write {} from {}, {} of {} keys not taken over (kdumpkit config import "
                              "{} says which)",
                              default_settings_path, theirs->path, theirs->left, theirs->keys, theirs->path));
    return {};
}

} // namespace

Result<> take_over_rivals(const Services& services, bool wanted, SetupSteps steps) {
    if (services.rivals.empty())
        return {};
    const std::string names = fmt::format("{}", fmt::join(services.rivals, ", "));
    if (!wanted)
        return fail(make_error(ErrorKind::invalid, "set up", "kdumpkit",
                               fmt::format("{} loads a capture kernel of its own", names))
                        .then("kdumpkit setup --take-over, which disables it; kdumpkit setup --undo "
                              "enables it again"));
    KDK_TRY(import_theirs(services, steps));
    if (!steps.report.dry_run) {
        KDK_TRY(note_taken_over(services.rivals));
        KDK_TRY(change_services(disabling(services), services.rivals));
    }
    steps.changed("take-over", fmt::format("disable {}", names));
    return {};
}

Result<> enable_services(const Services& services, SetupSteps steps) {
    if (!services.has_systemctl) {
        steps.remains("services", "there is no systemd here", "run kdumpkit arm at each boot");
        return {};
    }
    if (services.installed.empty()) {
        steps.remains("services", "kdumpkit.service is not installed",
                      "install kdumpkit with its units, or run kdumpkit arm at each boot");
        return {};
    }
    if (services.disabled.empty()) {
        steps.good("services", fmt::format("{} are enabled", fmt::join(services.enabled, ", ")));
        return {};
    }
    if (!steps.report.dry_run)
        KDK_TRY(change_services({"enable"}, services.disabled));
    steps.changed("services", fmt::format("enable {}", fmt::join(services.disabled, ", ")));
    return {};
}

Result<> disable_services(const Services& services, SetupSteps steps) {
    if (!services.has_systemctl || services.installed.empty())
        return {};
    if (!steps.report.dry_run)
        KDK_TRY(change_services(disabling(services), services.installed));
    steps.changed("services", fmt::format("disable {}", fmt::join(services.installed, ", ")));
    return {};
}

Result<> give_back_rivals(SetupSteps steps) {
    const std::vector<std::string> theirs = units_taken_over();
    if (theirs.empty())
        return {};
    if (!steps.report.dry_run) {
        KDK_TRY(change_services({"enable"}, theirs));
        forget_taken_over();
    }
    steps.changed("take-over", fmt::format("enable {} again", fmt::join(theirs, ", ")));
    return {};
}

} // namespace kdumpkit::admin
