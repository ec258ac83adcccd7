// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/arm.h"

#include "admin/image_build.h"
#include "admin/kernel_image.h"
#include "admin/prepared_image.h"
#include "admin/target_folders.h"
#include "base/file.h"
#include "base/progress.h"
#include "config/settings_file.h"
#include "loader/iomem.h"
#include "loader/load_run.h"
#include "loader/machine.h"
#include "loader/reservation.h"

#include <ctime>

#include <fmt/format.h>
#include <sys/stat.h>

namespace kdumpkit::admin {
namespace {

// Without memory for it nothing else is worth the time.
Result<> check_reservation() {
    KDK_ASSIGN(const loader::Machine machine, loader::gather_machine("/"));
    KDK_ASSIGN(const auto iomem, loader::parse_iomem(machine.iomem));
    KDK_TRY(
        loader::find_reservation(iomem, machine.crash_size, machine.command_line, machine.crash_cma_ranges));
    return {};
}

ImagePlace place_of_image() {
    return {ImageRecord::image_path, ImageRecord::path};
}

// The record of an initramfs that is fresh now.
Result<ImageRecord> refresh(const ArmWish& wish, const SettingsFile& file, const PresentImage& present,
                            ArmRecord& record, const Log& log) {
    initramfs::BuildRequest request;
    request.config = wish.config;
    request.release = file.settings.kernel == "running" ? running_release() : file.settings.kernel;
    if (wish.dry_run)
        request.targets = visible_targets(file.settings);
    else
        KDK_TRY(make_target_folders(file.settings));
    KDK_ASSIGN(ImageParts parts, collect_image(request, present.record, log));

    record.rebuilt_because = why_stale(present.record, present.digest, parts.record);
    if (record.rebuilt_because.empty() && wish.rebuild)
        record.rebuilt_because = {"--rebuild was given"};
    if (record.rebuilt_because.empty())
        return *present.record;
    if (wish.dry_run)
        return std::move(parts.record);
    log.info("making the capture initramfs anew: {}", fmt::join(record.rebuilt_because, "; "));
    return write_image(std::move(parts), place_of_image());
}

Result<> load(const ImageRecord& image, const std::string& path, const Settings& settings,
              ArmRecord& record) {
    record.kernel = image.kernel_path;
    record.image = path;
    record.image_bytes = image.bytes;
    KDK_TRY(loader::load_capture_kernel(image.kernel_path, path, settings.append));
    record.at = std::time(nullptr); // doctor takes an initramfs that is newer for one that is not loaded
    return {};
}

// What can be loaded when nothing new can be made: what was loaded before, or what was prepared when this
// kernel was installed.
struct Fallback {
    std::string name, path;
    ImageRecord image;
};
std::optional<Fallback> find_fallback(const PresentImage& present) {
    if (present.usable())
        return Fallback{"earlier", ImageRecord::image_path, *present.record};
    const std::string release = running_release();
    if (auto prepared = usable_prepared_image(release))
        return Fallback{"prepared", prepared_image_of(release)->image, std::move(*prepared)};
    return std::nullopt;
}

} // namespace

Result<Fd> lock_arming() {
    ::mkdir("/run/kdumpkit", 0755);
    return lock_file("/run/kdumpkit/arm.lock");
}

Result<> arm(const ArmWish& wish, ArmRecord& record, const Log& log) {
    record.at = std::time(nullptr);
    if (!wish.only_build)
        KDK_TRY(check_reservation());
    const PresentImage present = look_at_image(place_of_image());
    const auto file = read_settings_file(wish.config);
    auto image =
        file ? refresh(wish, *file, present, record, log) : Result<ImageRecord>(Failure(file.error()));
    if (wish.dry_run || wish.only_build) {
        KDK_TRY(image);
        record.kernel = image->kernel_path;
        record.image = ImageRecord::image_path;
        record.image_bytes = image->bytes;
        return {};
    }
    if (image)
        return load(*image, ImageRecord::image_path, file->settings, record);
    Error error = std::move(image).error();
    const auto fallback = find_fallback(present);
    if (!fallback)
        return fail(std::move(error));
    const auto loaded = load(fallback->image, fallback->path, file ? file->settings : Settings{}, record);
    error.reason += loaded ? fmt::format("; the {} capture initramfs for kernel {} is loaded instead",
                                         fallback->name, fallback->image.kernel_release)
                           : fmt::format("; the {} capture initramfs cannot be loaded either: {}",
                                         fallback->name, loaded.error().reason);
    return fail(std::move(error));
}

} // namespace kdumpkit::admin
