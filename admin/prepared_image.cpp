// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/prepared_image.h"

#include "base/file.h"

#include <fmt/format.h>

namespace kdumpkit::admin {

Result<ImagePlace> prepared_image_of(const std::string& release) {
    if (release.empty() || release.starts_with('.') || release.find('/') != std::string::npos)
        return fail(
            make_error(ErrorKind::invalid, "use", fmt::format("\"{}\"", release), "that is no kernel release")
                .then("give a release as uname -r prints it"));
    const std::string stem = "/var/lib/kdumpkit/prepared/" + release;
    return ImagePlace{stem + ".img", stem + ".json"};
}

Result<std::vector<std::string>> prepare_image(const std::string& release, const std::string& config,
                                               const Log& log) {
    KDK_ASSIGN(const ImagePlace place, prepared_image_of(release));
    initramfs::BuildRequest request;
    request.config = config;
    request.release = release;
    const PresentImage present = look_at_image(place);
    KDK_ASSIGN(ImageParts parts, collect_image(request, present.record, log));
    const auto reasons = why_stale(present.record, present.digest, parts.record);
    if (!reasons.empty())
        KDK_TRY(write_image(std::move(parts), place));
    return reasons;
}

std::optional<ImageRecord> usable_prepared_image(const std::string& release) {
    const auto place = prepared_image_of(release);
    if (!place)
        return std::nullopt;
    PresentImage present = look_at_image(*place);
    const bool whole = present.usable() && present.record->kernel_release == release;
    return whole ? std::move(present.record) : std::nullopt;
}

Result<bool> forget_prepared_image(const std::string& release) {
    KDK_ASSIGN(const ImagePlace place, prepared_image_of(release));
    return remove_image(place);
}

} // namespace kdumpkit::admin
