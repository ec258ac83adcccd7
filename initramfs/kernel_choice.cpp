// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/kernel_choice.h"

#include "initramfs/modules.h"

#include <set>
#include <string_view>

#include <fmt/format.h>
#include <sys/utsname.h>

namespace kdumpkit::initramfs {

std::string running_release() {
    utsname names{};
    return ::uname(&names) == 0 ? std::string(names.release) : std::string();
}

Result<std::string> choose_release(const std::string& asked, const std::string& setting, const Root& root) {
    if (!asked.empty())
        return asked;
    if (setting != "running")
        return setting;
    if (root.is_running_system())
        return running_release();
    const auto releases = kernel_releases(root);
    if (releases.size() == 1)
        return releases.front();
    if (releases.empty())
        return fail(make_error(ErrorKind::absent, "choose a kernel in", root.folder(),
                               "it has no /lib/modules/RELEASE")
                        .then("unpack a kernel's package there, or name its release with --kver and say "
                              "--modules none if its drivers are all built in"));
    return fail(make_error(ErrorKind::invalid, "choose a kernel in", root.folder(),
                           fmt::format("it has several: {}", fmt::join(releases, ", ")))
                    .then("name one with --kver"));
}

Result<> check_release(const std::string& release, const Root& root) {
    if (release.empty() || release.find('/') != std::string::npos || release.starts_with('.'))
        return fail(make_error(ErrorKind::invalid, "build for kernel", fmt::format("\"{}\"", release),
                               "not a kernel release")
                        .then("give one as uname -r prints it"));
    if (root.is_running_system() && release == running_release())
        return {};
    const auto modules = kernel_releases(root);
    std::set<std::string> known(modules.begin(), modules.end());
    for (const std::string& name : root.names("/boot"))
        for (const std::string_view prefix : {"vmlinuz-", "config-"})
            if (name.starts_with(prefix))
                known.insert(name.substr(prefix.size()));
    if (known.contains(release))
        return {};
    return fail(
        make_error(ErrorKind::absent, "build for kernel", release,
                   fmt::format("neither {} nor {} has it; there is: {}", root.host_path("/boot"),
                               root.host_path("/lib/modules"),
                               known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", "))))
            .then(
                "install that kernel's package, or name one that is there in capture.kernel of the settings "
                "or with kdumpkit build --kver"));
}

} // namespace kdumpkit::initramfs
