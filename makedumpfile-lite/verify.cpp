// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/verify.h"

#include "base/file.h"
#include "base/json.h"
#include "base/output.h"
#include "base/progress.h"
#include "makedumpfile-lite/filter.h"
#include "makedumpfile-lite/interrupt.h"
#include "makedumpfile-lite/manifest.h"
#include "makedumpfile-lite/page_test.h"
#include "makedumpfile-lite/source/image.h"
#include "makedumpfile-lite/source/kdump_structure.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

namespace kdumpkit::dump {

namespace {

// The manifest's word on the bytes of the file, before anything in them is believed. Answers the damaged
// ones.
Result<std::vector<Range>> compare(const Options& options, Verification& result) {
    const bool named = !options.manifest.empty();
    const std::string path = named ? options.manifest : manifest_name(options.source);
    if (!named && !file_exists(path))
        return std::vector<Range>();
    auto manifest = read_manifest(path);
    if (!manifest && named)
        return fail(std::move(manifest).error().then(
            "name what --manifest wrote beside this dump, or leave --manifest out"));
    if (!manifest) {
        result.faults.add(fmt::format("its manifest {}: {}", path, manifest.error().reason));
        return std::vector<Range>();
    }
    result.manifest = path;
    KDK_ASSIGN(const auto file, open_file_content(options.source));
    Progress progress((options.messages & Messages::progress) != 0 ? STDERR_FILENO : -1, "hash",
                      manifest->bytes, std::chrono::seconds(5));
    KDK_ASSIGN(auto damaged, damaged_blocks(*manifest, *file, [&](std::uint64_t bytes) {
                   progress.update(bytes);
                   return stop_if_interrupted(options.source);
               }));
    progress.finish();
    if (file->size() != manifest->bytes)
        result.faults.add(
            fmt::format("the file has {} bytes, and its manifest says {}", file->size(), manifest->bytes));
    for (const Range& range : damaged)
        if (range.begin < manifest->bytes && range.begin < file->size())
            result.faults.add(fmt::format("bytes 0x{:x} to 0x{:x} of the file are not what its manifest says",
                                          range.begin, range.end - 1));
    return damaged;
}

// The pages that lie in damaged bytes. They may be read all the same: of most formats nobody could tell.
Result<> find_suspects(const Image& image, const std::vector<Range>& damaged, Verification& result) {
    if (damaged.empty() || image.flattened())
        return {};
    const std::uint64_t page_size = page_size_of(image);
    const auto reader = image.reader();
    const PageSet pages = promised_pages(image);
    for (auto pfn = pages.next(0); pfn; pfn = pages.next(*pfn + 1)) {
        const auto stored = reader->stored_at(*pfn * page_size);
        if (!stored)
            continue;
        const auto after =
            std::upper_bound(damaged.begin(), damaged.end(), stored->begin,
                             [](std::uint64_t at, const Range& range) { return at < range.end; });
        if (after == damaged.end() || after->begin >= stored->end)
            continue;
        ++result.suspect_pages;
        result.faults.add_page(*pfn, "its bytes in the file are not what the manifest says");
    }
    return {};
}

Result<> examine(const Options& options, Verification& result) {
    KDK_ASSIGN(const auto damaged, compare(options, result));
    auto opened = open_image(options.source);
    if (!opened && !result.manifest.empty()) {
        result.opened = false;
        if (opened.error().kind != ErrorKind::unsupported)
            result.faults.add(opened.error().message());
        return {};
    }
    if (!opened)
        return fail(std::move(opened).error());
    const auto image = std::move(*opened);
    result.format = image->format();
    result.flattened = image->flattened();
    result.truncated = image->truncated();
    result.part = image->part();
    if (image->format() == "kdump-compressed") {
        KDK_ASSIGN(const auto content, open_content(options.source));
        KDK_TRY(check_kdump_structure(*content, result.faults));
    } else {
        for (std::string& warning : image->warnings())
            result.faults.add(std::move(warning));
    }
    const std::uint64_t page_size = page_size_of(*image);
    const PageSet promised = promised_pages(*image);
    result.pages = promised.count();
    Progress progress((options.messages & Messages::progress) != 0 ? STDERR_FILENO : -1, "verify",
                      result.pages * page_size, std::chrono::seconds(5));
    KDK_ASSIGN(const PageSet readable, read_every_page(*image, result.faults, [&](std::uint64_t pages) {
                   progress.update(pages * page_size);
                   return stop_if_interrupted(options.source);
               }));
    progress.finish();
    result.readable_pages = readable.count();
    return find_suspects(*image, damaged, result);
}

} // namespace

std::string verification_text(const Verification& v) {
    const std::string format = fmt::format(
        "{}{}{}", v.flattened ? "flattened " : "", v.format,
        v.part ? fmt::format(" (one file of a split dump, pfns {:#x} to {:#x})", v.part->begin, v.part->end)
               : "");
    std::string text =
        v.faults.none()
            ? fmt::format("{}: good: {}, all of its {} pages can be read\n", v.name, format, v.pages)
            : fmt::format("{}: {}: {}, {} of its {} pages can be read\n", v.name,
                          v.truncated ? "incomplete" : "damaged", format, v.readable_pages, v.pages);
    if (!v.opened)
        text = fmt::format("{}: {}: its pages were not read\n", v.name, v.faults.none() ? "good" : "damaged");
    if (!v.manifest.empty() && v.faults.none())
        text.insert(text.size() - 1, ", and every byte is what its manifest says");
    if (v.suspect_pages != 0)
        text += fmt::format("  {} pages lie in damaged bytes of the file\n", v.suspect_pages);
    for (const std::string& line : v.faults.lines())
        text += fmt::format("  {}\n", line);
    return text;
}

std::string verification_json(const Verification& v) {
    nlohmann::ordered_json json;
    json["file"] = v.name;
    json["good"] = v.faults.none();
    json["complete"] = !v.truncated;
    json["format"] = v.format;
    json["flattened"] = v.flattened;
    if (v.part)
        json["part"] = {{"first_pfn", v.part->begin}, {"end_pfn", v.part->end}};
    json["pages"] = v.pages;
    json["readable_pages"] = v.readable_pages;
    json["opened"] = v.opened;
    json["manifest"] = v.manifest.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(v.manifest);
    json["suspect_pages"] = v.suspect_pages;
    json["fault_count"] = v.faults.count();
    json["faults"] = v.faults.lines();
    return json_text(json);
}

Result<> verify_dump(const Options& options, const Log&) {
    Verification result;
    result.name = options.source;
    KDK_TRY(examine(options, result).map_error([](Error error) {
        return std::move(error).from(ErrorSide::source);
    }));
    KDK_TRY(print_result(options.json ? verification_json(result) : verification_text(result)));
    if (result.faults.none())
        return {};
    return fail(
        make_error(ErrorKind::corrupt, "verify", options.source,
                   fmt::format("{} fault{}", result.faults.count(), result.faults.count() == 1 ? "" : "s"))
            .then("copy the dump again, or save what can be read with makedumpfile-lite salvage")
            .from(ErrorSide::source));
}

} // namespace kdumpkit::dump
