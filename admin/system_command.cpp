// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/system_command.h"

#include "base/file.h"
#include "base/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace kdumpkit::admin {

Result<> run_command(const std::vector<std::string>& command, const std::string& next) {
    Spawn what;
    what.argv = command;
    what.standard_output = STDERR_FILENO;
    KDK_ASSIGN(Child child, spawn(what));
    KDK_ASSIGN(const ExitStatus status, child.wait());
    if (!status.success())
        return fail(
            make_error(ErrorKind::system, "run", fmt::format("{}", fmt::join(command, " ")), status.text())
                .then(next));
    return {};
}

bool command_succeeds(const std::vector<std::string>& command) {
    const auto nowhere = open_file("/dev/null", O_RDWR);
    if (!nowhere)
        return false;
    auto child = spawn({command, nowhere->get(), nowhere->get(), nowhere->get()});
    if (!child)
        return false;
    const auto status = child->wait();
    return status && status->success();
}

} // namespace kdumpkit::admin
