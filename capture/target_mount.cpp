// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/target_mount.h"

#include "capture/devices.h"
#include "capture/mounts.h"
#include "config/nfs.h"

#include <cerrno>

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

Result<> check_writable(System& system, const std::string& source, const std::string& folder) {
    const auto space = system.space(folder);
    if (space && !space->read_only)
        return {};
    (void)system.unmount(folder);
    return space ? Result<>(fail(ErrorKind::system, "write to", source, "it is exported read-only"))
                 : Result<>(fail(space.error()));
}

Result<std::string> mount_export(Capture& c, const Target& target) {
    const double since = c.system.boot_seconds();
    KDK_TRY(make_folders(c.mount_point));
    KDK_ASSIGN(const auto hosts, c.system.resolve(target.host).map_error(blame_destination));
    const auto mount = [&](const NfsMount& one) {
        return c.system.mount({one.source, c.mount_point, NfsMount::type, NfsMount::flags, one.options});
    };
    const auto refused = [&](const NfsMount& one) {
        c.log.say("{} speaks no NFS {}", one.source, one.version);
    };
    KDK_ASSIGN(const NfsMount found, mount_first(target, hosts, mount, refused).map_error([](Error error) {
        return error.errno_value == ENODEV
                   ? std::move(error).then("Build the initramfs again: it lacks the nfs module.")
                   : error;
    }));
    KDK_TRY(check_writable(c.system, found.source, c.mount_point).map_error(blame_destination));
    c.took("mount", since);
    return fmt::format("{}:{} (NFS {})", target.host, target.path, found.version);
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
