// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/services.h"

#include "admin/system_command.h"
#include "base/file.h"

#include <algorithm>
#include <array>

namespace kdumpkit::admin {
namespace {

// systemd.unit(5), "System Unit Search Path". Not every systemctl's exit code tells of a unit that is absent.
bool is_installed(const std::string& unit) {
    constexpr std::array folders = {"/etc/systemd/system/", "/run/systemd/system/",
                                    "/usr/local/lib/systemd/system/", "/usr/lib/systemd/system/",
                                    "/lib/systemd/system/"};
    return std::any_of(folders.begin(), folders.end(),
                       [&](const char* folder) { return file_exists(folder + unit); });
}

} // namespace

std::vector<std::string> needed_units(const Settings& settings) {
    const bool sends = std::any_of(settings.targets.begin(), settings.targets.end(),
                                   [](const Target& target) { return target.info().remote(); });
    std::vector<std::string> needed = {"kdumpkit.service", "kdumpkit-record.service"};
    if (settings.want_network())
        needed.emplace_back("kdumpkit-online.target");
    if (sends)
        needed.emplace_back("kdumpkit-forward.service");
    return needed;
}

Services look_at_services(bool systemd_runs, const std::vector<std::string>& needed) {
    Services services;
    services.has_systemctl = command_succeeds({"systemctl", "--version"});
    services.running = systemd_runs;
    if (!services.has_systemctl)
        return services;
    const auto says = [](const char* question, const std::string& unit) {
        return command_succeeds({"systemctl", question, "--quiet", unit});
    };
    for (const std::string& unit : our_units) {
        if (!is_installed(unit))
            continue;
        services.installed.push_back(unit);
        if (std::find(needed.begin(), needed.end(), unit) != needed.end())
            (says("is-enabled", unit) ? services.enabled : services.disabled).push_back(unit);
    }
    for (const std::string& unit : rival_units)
        if (says("is-enabled", unit) || (systemd_runs && says("is-active", unit)))
            services.rivals.push_back(unit);
    return services;
}

Result<> change_services(const std::vector<std::string>& verb, const std::vector<std::string>& units) {
    std::vector<std::string> command = {"systemctl"};
    command.insert(command.end(), verb.begin(), verb.end());
    command.insert(command.end(), units.begin(), units.end());
    return run_command(command, "systemctl status " + units.front());
}

} // namespace kdumpkit::admin
