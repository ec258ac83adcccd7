// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/target_mount.h"

#include "capture/devices.h"
#include "capture/mounts.h"
#include "capture/nfs.h"

namespace kdumpkit::capture {
namespace {

Result<std::string> mount_disk(Capture& c, const Target& target) {
    double since = c.system.boot_seconds();
    KDK_ASSIGN(const std::string device,
               wait_for_filesystem(c.system, c.log, target.uuid(), c.device_patience));
    c.took("wait", since);
    since = c.system.boot_seconds();
    KDK_TRY(mount_target(c.system, device, target.value("type"), c.mount_point));
    c.took("mount", since);
    return fmt::format("{} ({})", device, target.value("type"));
}

Result<std::string> mount_export(Capture& c, const Target& target) {
    const double since = c.system.boot_seconds();
    KDK_ASSIGN(const std::string version, mount_nfs(c.system, c.log, target, c.mount_point));
    c.took("mount", since);
    return fmt::format("{}:{} (NFS {})", target.host, target.path, version);
}

} // namespace

Result<std::string> mount_target(Capture& c, const Target& target) {
    switch (target.info().carrier) {
    case Carrier::filesystem:
        return mount_disk(c, target);
    case Carrier::network_filesystem:
        return mount_export(c, target);
    default:
        return fail(make_error(ErrorKind::unsupported, "save to", target.url(),
                               fmt::format("there is no way yet to \"{}:\" targets", target.info().name)));
    }
}

} // namespace kdumpkit::capture
