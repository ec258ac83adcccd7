// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/dump.h"

#include "base/bytes.h"
#include "base/file.h"
#include "makedumpfile-lite/dump_facts.h"
#include "makedumpfile-lite/dump_job.h"
#include "makedumpfile-lite/dump_output.h"
#include "makedumpfile-lite/erase/erased_image.h"
#include "makedumpfile-lite/filter.h"
#include "makedumpfile-lite/format/kdump_writer.h"
#include "makedumpfile-lite/kernel/kernel.h"
#include "makedumpfile-lite/kernel/placed_info.h"
#include "makedumpfile-lite/output_file.h"
#include "makedumpfile-lite/page_choice.h"
#include "makedumpfile-lite/pipeline.h"
#include "makedumpfile-lite/salvage.h"
#include "makedumpfile-lite/source/open.h"
#include "makedumpfile-lite/summary.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

namespace kdumpkit::dump {

namespace {

class Stopwatch {
  public:
    double lap() {
        const auto now = std::chrono::steady_clock::now();
        return std::chrono::duration<double>(now - std::exchange(last_, now)).count();
    }
    double total() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }

  private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point last_ = start_;
};

std::uint64_t peak_rss_kib() {
    struct rusage usage {};
    return ::getrusage(RUSAGE_SELF, &usage) == 0 ? static_cast<std::uint64_t>(usage.ru_maxrss) : 0;
}

// Buffers are not given back before the dump is whole, so this is what it held at most.
void check_memory(const DumpJob& job, Summary& summary) {
    summary.anonymous_bytes = std::max(summary.anonymous_bytes, anonymous_memory());
    if (summary.anonymous_bytes <= summary.memory.limit)
        return;
    summary.warnings.push_back(fmt::format("{} of memory were held, more than the limit of {}",
                                           human_bytes(summary.anonymous_bytes),
                                           human_bytes(summary.memory.limit)));
    job.log.warning("{}", summary.warnings.back());
}

// One dump at the job's level.
Result<> attempt(DumpJob& job, const Kernel* kernel, DumpOutput& output, Stopwatch& clock, Summary& summary) {
    KDK_ASSIGN(job.selection, choose_pages(job.source, kernel, job.options, job.log));
    summary.pages = job.selection.counts;
    summary.checks = job.selection.checks;
    for (const std::string& warning : job.selection.warnings) {
        job.log.warning("{}", warning);
        summary.warnings.push_back(warning);
    }
    summary.filter_seconds += clock.lap();

    job.pipeline = pipeline_for(job);
    KDK_ASSIGN(summary.memory, fit_memory(job.options.memory_limit.value_or(default_memory_limit()),
                                          job.selection, job.pipeline));
    const Compression& compression = summary.compression = job.pipeline.compression;
    KDK_ASSIGN(const auto codec, Codec::create(compression, job.pipeline.page_size));
    job.facts.compression = codec->flag();
    summary.workers = job.pipeline.workers;
    job.log.info("{} of {} pages to save ({}), compression {}, {} worker{}, at most {} of memory",
                 job.selection.counts.kept, job.selection.counts.total,
                 human_bytes(job.selection.counts.kept * job.facts.page_size), compression.name(),
                 job.pipeline.workers, job.pipeline.workers == 1 ? "" : "s",
                 human_bytes(summary.memory.total()));
    auto done = output.write(job, summary);
    check_memory(job, summary);
    if (done && job.options.dry_run)
        output.report_sizes(job, summary);
    summary.write_seconds += clock.lap();
    return done;
}

Result<EraseConfig> read_erase_config(const std::string& path) {
    const auto text = read_text(path);
    if (!text)
        return fail(Error(text.error())
                        .then("name a file as makedumpfile.conf(5) describes it, or leave --config "
                              "out to have the dump with all data in it"));
    return parse_erase_config(*text, path);
}

Result<> select_and_write(const Options& options, const Log& log, Stopwatch& clock, Summary& summary) {
    EraseConfig to_erase;
    if (!options.erase.empty()) {
        KDK_ASSIGN(to_erase, read_erase_config(options.erase));
    }
    auto opened = options.job == Options::Job::salvage
                      ? open_salvaged(options, log)
                      : open_image(options.source, OpenOptions{options.use_mmap});
    if (!opened)
        return fail(Error(opened.error()).from(ErrorSide::source));
    const auto image = std::move(*opened);
    for (const std::string& warning : image->warnings()) {
        log.warning("{}", warning);
        summary.warnings.push_back(warning);
    }
    if (image->part() && options.job != Options::Job::salvage)
        return fail(
            make_error(ErrorKind::unsupported, "dump", image->name(), "it is one file of a split dump")
                .then("put the files together first: makedumpfile-lite --reassemble")
                .from(ErrorSide::source));
    summary.memory_bytes = image->memory().total();
    summary.source = {std::string(image->format()), image->flattened(), image->truncated(), image->live(), 0};
    KDK_ASSIGN(KernelSources sources,
               read_kernel_sources({options.vmcoreinfo, options.layout, options.vmlinux}));
    if (auto placed = place_sources(sources, *image); !placed) {
        // Levels that need to know nothing get their dump all the same.
        if (options.level > DumpLevel::zero)
            return placed;
        sources.warnings.push_back(placed.error().message());
    }
    // Nobody should wait for the filter only to learn that the dump has no place to go.
    if (!options.summary.empty() && options.summary != "-")
        KDK_TRY(check_place(options.summary));
    for (const std::string& manifest : options.manifests())
        KDK_TRY(check_place(manifest));
    KDK_ASSIGN(DumpOutput output, DumpOutput::open(options));
    KDK_ASSIGN(const auto kernel, find_kernel(*image, options, sources, log, summary));
    ErasedDump erased;
    if (!options.erase.empty()) {
        KDK_ASSIGN(erased, erase_data(*image, kernel.get(), to_erase, options.erase, options.vmlinux));
        for (const std::string& warning : erased.warnings) {
            log.warning("{}", warning);
            summary.warnings.push_back(warning);
        }
    }
    const Image& to_save = erased.image ? *erased.image : *image;
    DumpJob job{options,
                log,
                to_save,
                *image,
                Selection{PageSet(0), PageSet(0), {}, {}, {}},
                {},
                facts_of(*image, kernel.get(), options.level, sources)};
    job.facts.eraseinfo += erased.report;
    summary.kernel_release = job.facts.utsname.release;
    summary.page_size = job.facts.page_size;
    summary.open_seconds = clock.lap();

    const auto& ranges = image->memory().ranges();
    if (options.format == Options::Format::kdump)
        KDK_TRY(format::check_kdump_bitmaps(ranges.empty() ? 0 : ranges.back().end / job.facts.page_size,
                                            image->memory().total() / job.facts.page_size));
    job.retries = !options.next_levels.empty();
    auto done = attempt(job, kernel.get(), output, clock, summary);
    for (std::size_t i = 0; i < options.next_levels.size(); ++i) {
        const unsigned level = options.next_levels[i];
        if (done || !format::is_out_of_space(done.error()))
            break;
        log.warning("{}", done.error().message());
        if (const auto again = output.restart(); !again)
            return again.error().kind == ErrorKind::unsupported
                       ? fail(Error(done.error())
                                  .then(fmt::format(
                                      "begin with -d {}: what has left for {} cannot be taken "
                                      "back to try it",
                                      level, options.output == "-" ? "standard output" : options.output)))
                       : again;
        log.warning("trying again with dump level {}", level);
        job.options.level = summary.level = level;
        job.retries = i + 1 < options.next_levels.size();
        job.facts.level = level | (image->header() != nullptr ? image->header()->level : 0);
        done = attempt(job, kernel.get(), output, clock, summary);
    }
    summary.source.unreadable_pages = image->unreadable_pages();
    if (summary.source.unreadable_pages != 0) {
        summary.warnings.push_back(
            fmt::format("the running kernel did not show {} pages; they were saved as zero",
                        summary.source.unreadable_pages));
        log.warning("{}", summary.warnings.back());
    }
    return done;
}

Result<> write_summary(const Options& options, const Summary& summary) {
    if (options.summary.empty())
        return {};
    const std::string json = to_json(summary);
    if (options.summary == "-")
        return write_all(STDOUT_FILENO, as_bytes(json), "standard output");
    return write_file_atomically(options.summary, json).map_error([](Error error) {
        return std::move(error).from(ErrorSide::destination);
    });
}

} // namespace

Result<> make_dump(const Options& options, const Log& log) {
    Stopwatch clock;
    Summary summary;
    summary.level = options.level;
    summary.dry_run = options.dry_run;
    summary.compression = options.compression;
    summary.format = to_text(options.format);
    auto done = select_and_write(options, log, clock, summary);
    summary.total_seconds = clock.total();
    summary.peak_rss_kib = peak_rss_kib();
    if (!done)
        summary.error = done.error().message();
    if (summary.complete)
        log.info("{}: {} in {:.1f} s, peak memory {}",
                 options.split ? fmt::format("{} to {} ({} parts)", options.parts.front(),
                                             options.parts.back(), options.parts.size())
                               : options.output,
                 human_bytes(summary.written_bytes), summary.total_seconds,
                 human_bytes(summary.peak_rss_kib * 1024));
    if ((options.messages & Messages::report) != 0 && summary.page_size != 0)
        if (const std::string text = report_text(summary);
            ::write(STDERR_FILENO, text.data(), text.size()) < 0)
            log.debug("the report found no reader");
    auto told = write_summary(options, summary);
    // A dump that failed is the news; a summary that failed beside it is not.
    return done ? std::move(told) : std::move(done);
}

} // namespace kdumpkit::dump
