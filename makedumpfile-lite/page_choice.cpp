// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/page_choice.h"

#include "makedumpfile-lite/dump_job.h"
#include "makedumpfile-lite/interrupt.h"
#include "makedumpfile-lite/kernel/data.h"

#include <utility>

namespace kdumpkit::dump {

namespace {

// Only what the image can still give is written: one that was filtered before, or cut off, has not all that
// its first bitmap names.
Selection available(Selection selection, const Image& image) {
    if (image.present() == nullptr)
        return selection;
    selection.kept.keep_only(*image.present());
    const std::uint64_t wanted = std::exchange(selection.counts.kept, selection.kept.count());
    selection.counts.not_in_source = wanted - selection.counts.kept;
    return selection;
}

} // namespace

Result<std::unique_ptr<Kernel>> find_kernel(const Image& image, const Options& options,
                                            const KernelSources& sources, const Log& log, Summary& summary) {
    auto kernel = Kernel::open(image, log, Kernel::Depth::pages, sources);
    if (kernel) {
        const auto& warnings = (*kernel)->warnings();
        summary.warnings.insert(summary.warnings.end(), warnings.begin(), warnings.end());
        summary.kernel_facts = (*kernel)->data().facts;
        return kernel;
    }
    Error error = std::move(kernel).error();
    if (options.level > DumpLevel::zero && error.next_step.empty())
        error.next_step = "use -d 1 or -d 0: these levels need no knowledge of the kernel";
    if (options.level > DumpLevel::zero)
        return fail(std::move(error));
    error.next_step.clear();
    std::vector<std::string> warnings = sources.warnings;
    warnings.push_back(error.message() + "; every page is copied all the same");
    for (std::string& warning : warnings) {
        log.warning("{}", warning);
        summary.warnings.push_back(std::move(warning));
    }
    return std::unique_ptr<Kernel>();
}

Result<Selection> choose_pages(const Image& image, const Kernel* kernel, const Options& options,
                               const Log& log) {
    if (kernel == nullptr || options.level <= DumpLevel::zero) {
        KDK_ASSIGN(Selection all, select_all(image));
        return available(std::move(all), image);
    }
    Progress progress = progress_line(options, "filter", image.memory().total());
    auto selection = select_pages(
        image, *kernel,
        FilterOptions{options.level, options.per_cpu_free, !image.live(), options.unused_vmemmap}, log,
        [&](std::uint64_t pages) {
            progress.update(pages * kernel->page_size());
            return stop_if_interrupted(options.output);
        });
    if (!selection && selection.error().next_step.empty())
        return fail(
            Error(selection.error()).then("use -d 1 or -d 0: these levels need no knowledge of the kernel"));
    if (!selection)
        return selection;
    progress.finish();
    return available(std::move(*selection), image);
}

} // namespace kdumpkit::dump
