// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/memory_usage.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/json.h"
#include "base/progress.h"
#include "makedumpfile-lite/interrupt.h"
#include "makedumpfile-lite/kernel/kernel.h"
#include "makedumpfile-lite/kernel/placed_info.h"
#include "makedumpfile-lite/pipeline.h"
#include "makedumpfile-lite/source/open.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>
#include <unistd.h>

namespace kdumpkit::dump {

namespace {

constexpr unsigned all_but_zero = DumpLevel::highest & ~DumpLevel::zero;
constexpr unsigned shown_levels[] = {0, 2, 6, 8, 16, 24, 30, 31};

Result<MemoryUsage> measure(const Options& options, const Log& log) {
    KDK_ASSIGN(const auto image,
               open_image(options.source, OpenOptions{options.use_mmap}).map_error([](Error error) {
                   return std::move(error).from(ErrorSide::source);
               }));
    for (const std::string& warning : image->warnings())
        log.warning("{}", warning);
    KDK_ASSIGN(KernelSources sources,
               read_kernel_sources({options.vmcoreinfo, options.layout, options.vmlinux}));
    KDK_TRY(place_sources(sources, *image));
    KDK_ASSIGN(const auto kernel, Kernel::open(*image, log, Kernel::Depth::pages, sources));
    MemoryUsage usage;
    usage.kernel_release = kernel->utsname().release;
    usage.page_size = kernel->page_size();
    const int progress_fd = (options.messages & Messages::progress) != 0 ? STDERR_FILENO : -1;
    Progress filter(progress_fd, "filter", image->memory().total(), std::chrono::seconds(5));
    KDK_ASSIGN(const Selection selection,
               select_pages(*image, *kernel,
                            FilterOptions{all_but_zero, options.per_cpu_free, !image->live()}, log,
                            [&](std::uint64_t pages) {
                                filter.update(pages * usage.page_size);
                                return stop_if_interrupted(options.source);
                            }));
    filter.finish();
    for (const std::string& warning : selection.warnings)
        log.warning("{}", warning);
    usage.counts = selection.counts;

    PipelineSettings settings;
    settings.workers = std::max(options.workers, 1U);
    settings.page_size = static_cast<std::size_t>(usage.page_size);
    settings.share_zero_pages = true;
    Progress read(progress_fd, "read", selection.counts.kept * usage.page_size, std::chrono::seconds(5));
    std::uint64_t pages = 0;
    KDK_ASSIGN(const PipelineCounts counts,
               run_pipeline(*image, selection.kept, settings, [&](const PageBlock& block) {
                   pages += block.pages.size();
                   read.update(pages * usage.page_size);
                   return stop_if_interrupted(options.source);
               }));
    read.finish();
    usage.zero = counts.zero_pages;
    return usage;
}

} // namespace

std::uint64_t MemoryUsage::kept_at(unsigned level) const {
    std::uint64_t kept = counts.total;
    if (level <= DumpLevel::zero)
        return kept;
    kept -= counts.offline + counts.hwpoison;
    if ((level & (DumpLevel::cache | DumpLevel::cache_private)) != 0)
        kept -= counts.cache;
    if ((level & DumpLevel::cache_private) != 0)
        kept -= counts.cache_private;
    if ((level & DumpLevel::user) != 0)
        kept -= counts.user;
    if ((level & DumpLevel::free) != 0)
        kept -= counts.free;
    return level == DumpLevel::highest ? kept - zero : kept;
}

std::string usage_text(const MemoryUsage& usage) {
    const PageCounts& counts = usage.counts;
    std::string text = fmt::format("Linux {}, pages of {} bytes\n\n", usage.kernel_release, usage.page_size);
    text += fmt::format("{:<34}{:>12}{:>12}{:>8}  {}\n", "", "pages", "memory", "share", "left out by -d");
    const auto row = [&](std::string_view name, std::uint64_t pages, std::string_view level) {
        const double share =
            counts.total == 0 ? 0 : 100.0 * static_cast<double>(pages) / static_cast<double>(counts.total);
        text += fmt::format("{:<34}{:>12}{:>12}{:>7.1f}%  {}\n", name, pages,
                            human_bytes(pages * usage.page_size), share, level);
    };
    row("free", counts.free, "16");
    row("user", counts.user, "8");
    row("page cache", counts.cache, "2 or 4");
    row("page cache with private data", counts.cache_private, "4");
    row("offline or broken", counts.offline + counts.hwpoison, "any from 2");
    row("kernel", counts.kept - usage.zero, "");
    row("kernel, filled with zero", usage.zero, "1");
    row("total", counts.total, "");
    if (counts.unclassified != 0)
        text += fmt::format("{} pages of the kernel's could not be told\n", counts.unclassified);
    text += "\na dump holds, before compression\n";
    for (const unsigned level : shown_levels)
        text += fmt::format("  -d {:<3}{:>12} pages{:>12}\n", level, usage.kept_at(level),
                            human_bytes(usage.kept_at(level) * usage.page_size));
    return text;
}

std::string usage_json(const MemoryUsage& usage) {
    const PageCounts& counts = usage.counts;
    nlohmann::ordered_json json;
    json["kernel_release"] = usage.kernel_release;
    json["page_size"] = usage.page_size;
    json["pages"] = {{"total", counts.total},
                     {"free", counts.free},
                     {"user", counts.user},
                     {"cache", counts.cache},
                     {"cache_private", counts.cache_private},
                     {"offline", counts.offline},
                     {"hwpoison", counts.hwpoison},
                     {"kernel", counts.kept},
                     {"kernel_zero", usage.zero},
                     {"unclassified", counts.unclassified}};
    auto levels = nlohmann::ordered_json::array();
    for (const unsigned level : shown_levels)
        levels.push_back({{"level", level}, {"pages", usage.kept_at(level)}});
    json["levels"] = std::move(levels);
    return json_text(json);
}

Result<> print_memory_usage(const Options& options, const Log& log) {
    KDK_ASSIGN(const MemoryUsage usage, measure(options, log));
    const std::string text = options.json ? usage_json(usage) : usage_text(usage);
    return write_all(STDOUT_FILENO, as_bytes(text), "standard output");
}

} // namespace kdumpkit::dump
