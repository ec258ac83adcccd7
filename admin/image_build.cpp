// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/image_build.h"

#include "admin/kernel_image.h"
#include "base/file.h"
#include "base/file_digest.h"
#include "base/sha256.h"
#include "config/frozen.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <vector>

namespace kdumpkit::admin {
namespace {

namespace fs = std::filesystem;

std::string coming_record(const ImagePlace& place) {
    return place.record + ".coming";
}

// write_file_atomically() leaves PATH.new-… when it is killed, each as large as an initramfs.
void remove_unfinished(const std::string& path) {
    const std::string mark = fs::path(path).filename().string() + ".new-";
    std::error_code error;
    std::vector<fs::path> unfinished;
    for (fs::directory_iterator it(parent_folder(path), error), end; !error && it != end; it.increment(error))
        if (it->path().filename().string().starts_with(mark))
            unfinished.push_back(it->path());
    for (const fs::path& one : unfinished)
        fs::remove(one, error);
}

void add_layout(ImageParts& parts) {
    std::vector<initramfs::Entry>& entries = parts.collected.entries;
    initramfs::add_layout(parts.collected);
    const auto layout = std::ranges::find(entries, Frozen::layout_path, &initramfs::Entry::path);
    if (layout == entries.end()) {
        parts.record.layout_of.clear();
        parts.record.made_of.erase(Frozen::layout_path);
    } else
        parts.record.made_of[Frozen::layout_path] = digest_of(*layout);
}

} // namespace

Result<ImageParts> collect_image(const initramfs::BuildRequest& request,
                                 const std::optional<ImageRecord>& before, const Log& log) {
    ImageParts parts;
    parts.record.kernel_release = request.release;
    KDK_ASSIGN(parts.record.kernel_path, find_kernel_image(request.release));
    initramfs::BuildRequest wish = request;
    wish.former_hosts = names_so_far(before);
    KDK_ASSIGN(parts.collected, initramfs::collect(wish));
    for (const std::string& warning : parts.collected.build.warnings)
        log.warning("{}", warning);
    KDK_ASSIGN(const FileDigest kernel, digest_file(parts.record.kernel_path));
    parts.record.packing = to_text(parts.collected.build.packing);
    parts.record.host = parts.collected.build.frozen.host;
    parts.record.former_hosts = parts.collected.build.frozen.former_hosts;
    parts.record.layout_of = parts.collected.layout.build_id;
    parts.record.made_of = digests_of(parts.collected.entries, kernel.sha256);
    if (auto layout = same_layout(before, parts.record)) {
        parts.record.made_of[Frozen::layout_path] = std::move(*layout);
        parts.layout_is_known = true;
    } else
        add_layout(parts);
    return parts;
}

Result<ImageRecord> write_image(ImageParts parts, const ImagePlace& place) {
    if (parts.layout_is_known)
        add_layout(parts);
    KDK_ASSIGN(const initramfs::Build built, initramfs::pack(std::move(parts.collected)));
    ImageRecord record = std::move(parts.record);
    record.image_digest = to_hex(sha256_of(built.archive.bytes));
    record.bytes = built.archive.bytes.size();
    record.unpacked = built.archive.unpacked;
    record.built_at = std::time(nullptr);
    const std::string folder = parent_folder(place.image);
    std::error_code error;
    fs::create_directories(folder, error);
    if (error)
        return fail(system_error("make the folder", folder, error.value()).from(ErrorSide::destination));
    remove_unfinished(place.image);
    // In this order one of the two records is of the image that is there, at every moment.
    KDK_TRY(write_file_atomically(coming_record(place), to_json(record), 0600));
    if (auto written = write_file_atomically(place.image, built.archive.bytes, 0600); !written) {
        fs::remove(coming_record(place), error);
        return fail(std::move(written).error());
    }
    if (::rename(coming_record(place).c_str(), place.record.c_str()) != 0)
        return fail(system_error("rename", coming_record(place), errno).from(ErrorSide::destination));
    return record;
}

Result<bool> remove_image(const ImagePlace& place) {
    remove_unfinished(place.image);
    bool was_there = false;
    for (const std::string& path : {coming_record(place), place.record, place.image}) {
        std::error_code error;
        was_there = fs::remove(path, error) || was_there;
        if (error)
            return fail(system_error("remove", path, error.value()).from(ErrorSide::destination));
    }
    return was_there;
}

bool PresentImage::usable() const {
    return record && record->image_digest == digest && file_exists(record->kernel_path);
}

PresentImage look_at_image(const ImagePlace& place) {
    PresentImage present;
    if (const auto image = digest_file(place.image))
        present.digest = to_hex(image->sha256);
    for (const std::string& path : {coming_record(place), place.record}) {
        present.record = parse_image_record(read_text(path).value_or(std::string()));
        if (present.record && present.record->image_digest == present.digest)
            break;
    }
    return present;
}

} // namespace kdumpkit::admin
