// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/prepared_image.h"

#include "admin/image_build.h"
#include "base/file.h"
#include "base/sha256.h"

#include <filesystem>

#include <fmt/format.h>

namespace kdumpkit::admin {
namespace {

namespace fs = std::filesystem;

std::string digest_of(const std::string& path) {
    const auto image = read_file(path);
    return image ? to_hex(sha256_of(*image)) : std::string();
}

std::optional<ImageRecord> read_record(const PreparedImage& place) {
    return parse_image_record(read_text(place.record_path).value_or(std::string()));
}

} // namespace

Result<PreparedImage> prepared_image_of(const std::string& release) {
    if (release.empty() || release.starts_with('.') || release.find('/') != std::string::npos)
        return fail(
            make_error(ErrorKind::invalid, "use", fmt::format("\"{}\"", release), "that is no kernel release")
                .then("give a release as uname -r prints it"));
    const std::string stem = "/var/lib/kdumpkit/prepared/" + release;
    return PreparedImage{stem + ".img", stem + ".json"};
}

Result<std::vector<std::string>> prepare_image(const std::string& release, const std::string& config,
                                               const Log& log) {
    KDK_ASSIGN(const PreparedImage place, prepared_image_of(release));
    initramfs::BuildRequest request;
    request.config = config;
    request.release = release;
    KDK_ASSIGN(ImageParts parts, collect_image(request, log));
    const auto reasons = why_stale(read_record(place), digest_of(place.image_path), parts.record);
    if (reasons.empty())
        return reasons;
    KDK_ASSIGN(const ImageRecord written, write_image(std::move(parts), place.image_path));
    KDK_TRY(write_file_atomically(place.record_path, to_json(written), 0600));
    return reasons;
}

std::optional<ImageRecord> usable_prepared_image(const std::string& release) {
    const auto place = prepared_image_of(release);
    if (!place)
        return std::nullopt;
    const auto record = read_record(*place);
    const bool whole = record && record->kernel_release == release &&
                       record->image_digest == digest_of(place->image_path) &&
                       file_exists(record->kernel_path);
    return whole ? record : std::nullopt;
}

Result<bool> forget_prepared_image(const std::string& release) {
    KDK_ASSIGN(const PreparedImage place, prepared_image_of(release));
    bool was_there = false;
    for (const std::string& path : {place.record_path, place.image_path}) {
        std::error_code error;
        was_there = fs::remove(path, error) || was_there;
        if (error)
            return fail(system_error("remove", path, error.value()).from(ErrorSide::destination));
    }
    return was_there;
}

} // namespace kdumpkit::admin
