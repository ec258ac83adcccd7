// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/setup_image.h"

#include "admin/arm.h"
#include "admin/image_build.h"
#include "base/file.h"
#include "loader/kexec.h"
#include "loader/status.h"

#include <fmt/format.h>

namespace kdumpkit::admin {

Result<> make_image(SetupSteps steps, const Log& log) {
    ArmWish arming;
    arming.dry_run = steps.report.dry_run;
    arming.only_build = true;
    ArmRecord record;
    if (steps.report.dry_run) {
        KDK_TRY(arm(arming, record, log));
    } else {
        KDK_ASSIGN(const Fd lock, lock_arming());
        KDK_TRY(arm(arming, record, log));
    }
    if (record.rebuilt_because.empty())
        steps.good("initramfs", fmt::format("{} is fresh", record.image));
    else
        steps.changed("initramfs", fmt::format("make {} for {}: {}", record.image, record.kernel,
                                               fmt::join(record.rebuilt_because, "; ")));
    return {};
}

Result<> load_image(const loader::Machine& machine, const Services& services, SetupSteps steps,
                    const Log& log) {
    if (loader::make_status(machine, "").reserved == 0) {
        steps.remains("armed", "there is no memory for the capture kernel yet", "");
        return {};
    }
    if (steps.report.dry_run) {
        steps.changed("armed", "load the capture kernel");
        return {};
    }
    const std::string& unit = our_units.front();
    if (services.running && !services.installed.empty()) {
        // Of a running service only the reload loads again; it never leaves the machine unarmed.
        KDK_TRY(change_services({"reload-or-restart"}, {unit}));
    } else {
        KDK_ASSIGN(const Fd lock, lock_arming());
        ArmRecord record;
        KDK_TRY(arm({}, record, log));
        (void)write_file_atomically(ArmRecord::path, to_json(record)); // only for kdumpkit status
    }
    KDK_ASSIGN(const loader::Machine now, loader::gather_machine("/"));
    if (!loader::make_status(now, "").armed)
        return fail(make_error(ErrorKind::system, "arm", "this machine",
                               fmt::format("{} ended well and nothing is loaded", unit))
                        .then("kdumpkit status"));
    steps.good("armed", "the capture kernel is loaded");
    return {};
}

Result<> take_image_back(const loader::Machine& machine, SetupSteps steps) {
    Fd lock; // nobody arms between the two
    if (!steps.report.dry_run) {
        KDK_ASSIGN(lock, lock_arming());
    }
    if (loader::make_status(machine, "").armed) {
        if (!steps.report.dry_run)
            KDK_TRY(loader::kexec_unload(loader::KexecPurpose::capture));
        steps.changed("armed", "unload the capture kernel");
    }
    const ImagePlace place{ImageRecord::image_path, ImageRecord::path};
    if (!file_exists(place.image) && !file_exists(place.record))
        return {};
    if (!steps.report.dry_run)
        KDK_TRY(remove_image(place));
    steps.changed("initramfs", fmt::format("remove {}", place.image));
    return {};
}

} // namespace kdumpkit::admin
