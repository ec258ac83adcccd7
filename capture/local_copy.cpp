// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/local_copy.h"

#include "base/bytes.h"
#include "base/file.h"
#include "capture/isolated_work.h"
#include "capture/target_mount.h"

#include <fcntl.h>

namespace kdumpkit::capture {
namespace {

constexpr double longest_visit = 15; // seconds

Result<> visit(Capture& capture, const LocalCopy& copy, const std::function<Result<>(const Dump&)>& work) {
    const Target& target = copy.target;
    Dump dump;
    dump.name = copy.folder;
    if (target.info().carrier == Carrier::device) {
        dump.device = target.path;
        return work(dump);
    }
    KDK_TRY(mount_target(capture, target));
    dump.folder = capture.mount_point + (target.path == "/" ? "" : target.path) + "/" + copy.folder;
    const auto done = work(dump);
    const auto left = capture.system.unmount(capture.mount_point);
    return done ? left : done;
}

} // namespace

void visit_local_copies(Capture& capture, const std::string& what,
                        const std::function<Result<>(const Dump&)>& work) {
    capture.device_patience = std::chrono::seconds(static_cast<int>(longest_visit));
    for (const LocalCopy& copy : capture.local_copies) {
        // One that was left behind keeps its mount point.
        capture.mount_point = fmt::format("{}-again-{}", capture.places.target, ++capture.visits);
        const auto answer = work_isolated(capture, capture.system.boot_seconds() + longest_visit, [&] {
            const auto done = visit(capture, copy, work);
            return done ? std::string("noted") : done.error().message();
        });
        capture.log.say("{}, for {}: {}", what, copy.target.url(), answer.value_or("not noted"));
        if (!answer && copy.target.info().carrier == Carrier::filesystem)
            capture.left_mounted.push_back(capture.mount_point);
    }
}

void add_to_logs(Capture& capture, const std::string& what, const std::string& text) {
    visit_local_copies(capture, what, [&](const Dump& dump) -> Result<> {
        const std::string path = dump.folder + "/capture.log";
        if (!dump.device.empty())
            return fail(ErrorKind::unsupported, "add to the log on", dump.device, "it is closed");
        KDK_ASSIGN(const Fd log, open_file(path, O_WRONLY | O_APPEND));
        KDK_TRY(write_all(log.get(), as_bytes(text), path));
        return capture.system.sync(log.get(), path);
    });
}

} // namespace kdumpkit::capture
