// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/kernel_image.h"

#include "base/file.h"

#include <fmt/format.h>
#include <sys/utsname.h>

namespace kdumpkit::admin {

std::vector<std::string> kernel_image_paths(const std::string& release, const std::string& machine_id) {
    std::vector<std::string> paths = {"/boot/vmlinuz-" + release, "/boot/vmlinux-" + release,
                                      "/lib/modules/" + release + "/vmlinuz",
                                      "/usr/lib/modules/" + release + "/vmlinuz"};
    if (!machine_id.empty())
        for (const char* boot : {"/boot", "/efi", "/boot/efi"})
            paths.push_back(fmt::format("{}/{}/{}/linux", boot, machine_id, release));
    return paths;
}

Result<std::string> find_kernel_image(const std::string& release) {
    std::string machine_id = read_text("/etc/machine-id").value_or(std::string());
    machine_id.erase(machine_id.find_last_not_of(" \n") + 1);
    const auto paths = kernel_image_paths(release, machine_id);
    for (const std::string& path : paths)
        if (file_exists(path))
            return path;
    return fail(make_error(ErrorKind::absent, "find the image of kernel", release,
                           fmt::format("it is none of {}", fmt::join(paths, ", ")))
                    .then("install that kernel's package, or name another release in capture.kernel of the "
                          "settings"));
}

std::string running_release() {
    utsname names{};
    return ::uname(&names) == 0 ? std::string(names.release) : std::string();
}

} // namespace kdumpkit::admin
