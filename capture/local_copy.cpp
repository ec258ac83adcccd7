// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/local_copy.h"

#include "capture/target_mount.h"
#include "config/dumps.h"

namespace kdumpkit::capture {

Result<> note_servers_in(Capture& capture, const LocalCopy& copy, const std::vector<std::string>& servers) {
    const Target& target = *copy.target;
    Dump dump;
    dump.name = copy.folder;
    if (target.info().carrier == Carrier::device) {
        dump.device = target.path;
        return mark_shipped(dump, servers);
    }
    KDK_TRY(mount_target(capture, target));
    dump.folder = capture.mount_point + (target.path == "/" ? "" : target.path) + "/" + copy.folder;
    const auto marked = mark_shipped(dump, servers);
    const auto left = capture.system.unmount(capture.mount_point);
    return marked ? left : marked;
}

} // namespace kdumpkit::capture
