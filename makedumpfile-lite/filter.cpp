// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/filter.h"

#include "makedumpfile-lite/blind_spots.h"
#include "makedumpfile-lite/page_walk.h"

#include <bit>

#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

constexpr std::uint64_t smallest_page = 4096;

} // namespace

std::uint64_t page_size_of(const Image& image) {
    if (image.header() != nullptr)
        return image.header()->page_size;
    const VmcoreInfo info = VmcoreInfo::parse(image.vmcoreinfo());
    const std::uint64_t page_size = info.decimal("PAGESIZE").value_or(smallest_page);
    return std::has_single_bit(page_size) && page_size >= smallest_page && page_size <= 65536 ? page_size
                                                                                              : smallest_page;
}

Result<Selection> select_all(const Image& image) {
    return all_pages(image, page_size_of(image));
}

Result<Selection> select_pages(const Image& image, const Kernel& kernel, const FilterOptions& options,
                               const Log& log, const std::function<Result<>(std::uint64_t)>& progress) {
    if (options.level > DumpLevel::highest)
        return fail(make_error(ErrorKind::invalid, "filter", image.name(),
                               fmt::format("dump level {}", options.level))
                        .then(fmt::format("choose a level from 0 to {}", DumpLevel::highest)));
    if (options.level <= DumpLevel::zero)
        return select_all(image);
    const Kernel::Data& data = kernel.data();
    if (!data.layout)
        return fail(data.layout.error());
    if (!data.map)
        return fail(data.map.error());
    const auto walk_all = [&](const FilterOptions& wanted,
                              const std::function<Result<>(std::uint64_t)>& report) -> Result<Selection> {
        PageWalk walk(image, data, wanted);
        for (std::string& spot : blind_spots(data.layout->page, options.level))
            walk.warn(std::move(spot));
        KDK_TRY(walk.all(report));
        if (wanted.self_check)
            walk.check();
        if ((wanted.level & DumpLevel::free) != 0 && wanted.per_cpu_lists)
            walk.per_cpu_lists();
        if (options.unused_map)
            walk.unused_map();
        return walk.finish();
    };
    KDK_ASSIGN(Selection selection, walk_all(options, progress));
    unsigned distrusted = 0;
    bool lists_trusted = options.per_cpu_lists;
    for (const Check& check : selection.checks) {
        log.debug("self-check {}: {}", to_text(check.verdict), describe(check));
        if (check.verdict == Verdict::failed) {
            distrusted |= check.distrust & options.level;
            lists_trusted = lists_trusted && check.name != "per_cpu_free";
            selection.warnings.push_back("THE FILTER'S SELF-CHECK FAILED, " + consequence(check) + ": " +
                                         describe(check));
        }
    }
    if (distrusted != 0) {
        // Nothing of these classes may be dropped: a walk without them leaves no trace of them.
        FilterOptions trusted = options;
        trusted.level &= ~distrusted;
        trusted.self_check = false;
        trusted.per_cpu_lists = lists_trusted;
        std::vector<Check> checks = std::move(selection.checks);
        std::vector<std::string> warnings = std::move(selection.warnings);
        selection = Selection{PageSet(0), PageSet(0), {}, {}, {}};
        if (trusted.level <= DumpLevel::zero) {
            selection = all_pages(image, data.page_size);
        } else {
            const std::uint64_t pages = image.memory().total() / data.page_size;
            KDK_ASSIGN(selection, walk_all(trusted, [&](std::uint64_t) {
                           return progress ? progress(pages) : Result<>();
                       }));
        }
        selection.checks = std::move(checks);
        selection.warnings = std::move(warnings);
    }
    log.debug("kept {} of {} pages", selection.counts.kept, selection.counts.total);
    return selection;
}

} // namespace kdumpkit::dump
