// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/verify.h"

#include "base/output.h"
#include "base/progress.h"
#include "makedumpfile-lite/filter.h"
#include "makedumpfile-lite/interrupt.h"
#include "makedumpfile-lite/page_test.h"
#include "makedumpfile-lite/source/image.h"
#include "makedumpfile-lite/source/kdump_structure.h"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace kdumpkit::dump {

namespace {

Result<> examine(const Options& options, Verification& result) {
    KDK_ASSIGN(const auto image, open_image(options.source));
    result.format = image->format();
    result.flattened = image->flattened();
    result.truncated = image->truncated();
    result.part = image->part();
    if (image->header() != nullptr) {
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
    return {};
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
    json["fault_count"] = v.faults.count();
    json["faults"] = v.faults.lines();
    return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
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
