// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/notify.h"

#include "admin/system_command.h"
#include "base/file.h"

namespace kdumpkit::admin {

std::vector<std::string> notification_command(const std::string& program, const std::string& folder,
                                              const JournalFields& fields, bool systemd_runs) {
    std::vector<std::string> command =
        systemd_runs ? std::vector<std::string>{"systemd-run",
                                                "--no-block",
                                                "--collect",
                                                "--quiet",
                                                "--description=Tell of the capture in " + folder,
                                                "--property=Wants=network-online.target",
                                                "--property=After=network-online.target"}
                     : std::vector<std::string>{"timeout", "60", "env"};
    for (const auto& [name, value] : fields)
        if (name.starts_with("KDUMPKIT_"))
            command.push_back((systemd_runs ? "--setenv=" : "") + name + "=" + value);
    command.push_back(program);
    command.push_back(folder);
    return command;
}

Result<> notify(const std::string& program, const std::string& folder, const JournalFields& fields) {
    return run_command(notification_command(program, folder, fields, file_exists("/run/systemd/system")),
                       "look into the journal, and try " + program + " " + folder);
}

} // namespace kdumpkit::admin
