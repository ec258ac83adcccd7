// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/estimate_machine.h"

#include "admin/capture_image.h"
#include "admin/kernel_image.h"
#include "admin/local_dumps.h"
#include "admin/machine_names.h"
#include "admin/target_folders.h"
#include "base/file.h"
#include "config/settings_file.h"
#include "initramfs/build.h"
#include "loader/image/open.h"
#include "loader/status.h"

namespace kdumpkit::admin {

Result<EstimateInputs> gather_estimate(const std::string& config) {
    EstimateInputs inputs;
    KDK_ASSIGN(const SettingsFile file, read_settings_file(config));
    inputs.kernel = file.settings.kernel == "running" ? running_release() : file.settings.kernel;
    KDK_ASSIGN(const std::string path, find_kernel_image(inputs.kernel));
    KDK_ASSIGN(const auto bytes, read_file(path));
    KDK_ASSIGN(const loader::OpenedImage image, loader::open_image(bytes, path));
    inputs.kernel_memory = image.kernel.init_size;

    initramfs::BuildRequest request;
    request.config = config;
    request.release = inputs.kernel;
    request.targets = visible_targets(file.settings);
    KDK_ASSIGN(initramfs::Collected collected, initramfs::collect(request));
    for (const initramfs::Part& module : collected.build.modules)
        inputs.modules += module.bytes;
    const auto record = parse_image_record(read_text(ImageRecord::path).value_or(std::string()));
    if (record && record->kernel_release == inputs.kernel) {
        inputs.initramfs_packed = record->bytes;
        inputs.initramfs_unpacked = record->unpacked;
    } else {
        KDK_ASSIGN(const initramfs::Build built, initramfs::pack(std::move(collected)));
        inputs.initramfs_packed = built.archive.bytes.size();
        inputs.initramfs_unpacked = built.archive.unpacked;
    }
    // Dumps that cannot be read only cannot help.
    if (const auto local = find_local_dumps(file.settings))
        inputs.measured_peaks = measured_peaks(local->dumps, inputs.kernel, names_of_this_machine());
    return inputs;
}

Result<std::uint64_t> reserved_now() {
    KDK_ASSIGN(const loader::Machine machine, loader::gather_machine("/"));
    return loader::make_status(machine, "").reserved;
}

Result<> check_fits_here(const ReservationSize& size) {
    KDK_ASSIGN(const std::uint64_t reserved, reserved_now());
    return check_fits(size, read_text("/proc/meminfo").value_or(std::string()), reserved);
}

} // namespace kdumpkit::admin
