// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/image_build.h"

#include "admin/kernel_image.h"
#include "base/file.h"
#include "base/sha256.h"

#include <ctime>
#include <filesystem>

namespace kdumpkit::admin {

Result<ImageParts> collect_image(const initramfs::BuildRequest& request, const Log& log) {
    ImageParts parts;
    parts.record.kernel_release = request.release;
    KDK_ASSIGN(parts.record.kernel_path, find_kernel_image(request.release));
    KDK_ASSIGN(parts.collected, initramfs::collect(request));
    for (const std::string& warning : parts.collected.build.warnings)
        log.warning("{}", warning);
    KDK_ASSIGN(const auto kernel, read_file(parts.record.kernel_path));
    parts.record.packing = to_text(parts.collected.build.packing);
    parts.record.made_of = digests_of(parts.collected.entries, kernel);
    return parts;
}

Result<ImageRecord> write_image(ImageParts parts, const std::string& path) {
    KDK_ASSIGN(const initramfs::Build built, initramfs::pack(std::move(parts.collected)));
    ImageRecord record = std::move(parts.record);
    record.image_digest = to_hex(sha256_of(built.archive.bytes));
    record.bytes = built.archive.bytes.size();
    record.unpacked = built.archive.unpacked;
    record.built_at = std::time(nullptr);
    const std::string folder = parent_folder(path);
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error)
        return fail(system_error("make the folder", folder, error.value()).from(ErrorSide::destination));
    KDK_TRY(write_file_atomically(path, built.archive.bytes, 0600));
    return record;
}

} // namespace kdumpkit::admin
