// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/dump.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/progress.h"
#include "makedumpfile-lite/erase/erased_image.h"
#include "makedumpfile-lite/filter.h"
#include "makedumpfile-lite/format/file_destination.h"
#include "makedumpfile-lite/format/kdump_writer.h"
#include "makedumpfile-lite/interrupt.h"
#include "makedumpfile-lite/kernel/kernel.h"
#include "makedumpfile-lite/kernel/vmcoreinfo.h"
#include "makedumpfile-lite/pipeline.h"
#include "makedumpfile-lite/source/image.h"
#include "makedumpfile-lite/summary.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include <elf.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
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

Progress progress_line(const Options& options, const char* what, std::uint64_t bytes) {
    // On a console that is no terminal, one line in five seconds: a serial line is slow.
    return Progress((options.messages & Messages::progress) != 0 ? STDERR_FILENO : -1, what, bytes,
                    std::chrono::seconds(5));
}

unsigned available_cpus() {
    cpu_set_t cpus;
    const int count = ::sched_getaffinity(0, sizeof(cpus), &cpus) == 0 ? CPU_COUNT(&cpus) : 1;
    return static_cast<unsigned>(std::clamp(count, 1, 64));
}

// Bytes of the dump that may lie in the page cache: a sixteenth of this machine's memory.
std::uint64_t page_cache_limit() {
    struct sysinfo info {};
    const std::uint64_t memory = ::sysinfo(&info) == 0 ? std::uint64_t{info.totalram} * info.mem_unit : 0;
    return std::clamp<std::uint64_t>(memory / 16, std::uint64_t{4} << 20, std::uint64_t{1} << 30);
}

std::uint64_t peak_rss_kib() {
    struct rusage usage {};
    return ::getrusage(RUSAGE_SELF, &usage) == 0 ? static_cast<std::uint64_t>(usage.ru_maxrss) : 0;
}

// What is known of the crashed kernel: nothing when a level that needs nothing is wanted and nothing can be
// found.
Result<std::unique_ptr<Kernel>> find_kernel(const Image& image, const Options& options,
                                            const KernelSources& sources, const Log& log, Summary& summary) {
    auto kernel = Kernel::open(image, log, Kernel::Depth::pages, sources);
    if (kernel) {
        const auto& warnings = (*kernel)->warnings();
        summary.warnings.insert(summary.warnings.end(), warnings.begin(), warnings.end());
        return kernel;
    }
    Error error = std::move(kernel).error();
    if (options.level > DumpLevel::zero)
        return fail(std::move(error).then("use -d 1 or -d 0: these levels need no knowledge of the kernel"));
    error.next_step.clear();
    const std::string warning = error.message() + "; every page is copied all the same";
    log.warning("{}", warning);
    summary.warnings.push_back(warning);
    return std::unique_ptr<Kernel>();
}

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

Result<Selection> select(const Image& image, const Kernel* kernel, const Options& options, const Log& log) {
    if (kernel == nullptr || options.level <= DumpLevel::zero) {
        KDK_ASSIGN(Selection all, select_all(image));
        return available(std::move(all), image);
    }
    Progress progress = progress_line(options, "filter", image.memory().total());
    auto selection =
        select_pages(image, *kernel, FilterOptions{options.level, options.per_cpu_free, !image.live()}, log,
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

// Everything about one dump that is known before a page is written.
struct Job {
    const Options& options;
    const Log& log;
    const Image& image;
    Selection selection;
    PipelineSettings pipeline;
    format::KdumpFacts facts;
};

// What readers of the dump need most, from the image alone.
void describe_unknown_kernel(const Image& image, format::KdumpFacts& facts) {
    const VmcoreInfo info = VmcoreInfo::parse(image.vmcoreinfo());
    facts.utsname.sysname = "Linux";
    facts.utsname.release = info.text("OSRELEASE").value_or("");
    facts.utsname.machine = image.elf_machine() == EM_X86_64 ? "x86_64" : "";
    facts.phys_base = static_cast<std::uint64_t>(info.number("phys_base").value_or(0));
    facts.crash_time = info.decimal("CRASHTIME").value_or(0);
    facts.page_size = page_size_of(image);
}

// A dump that is dumped again hands on what its header knows and the kernel's memory does not tell.
void describe_source(const DumpHeader& header, const Kernel* kernel, format::KdumpFacts& facts) {
    if (facts.utsname.release.empty())
        facts.utsname = {header.sysname, header.nodename, header.release,
                         header.version, header.machine,  header.domainname};
    if (kernel == nullptr)
        facts.phys_base = header.phys_base;
    if (facts.crash_time == 0)
        facts.crash_time = header.crash_time;
    facts.level |= header.level;
    facts.eraseinfo = as_text(header.eraseinfo);
}

format::KdumpFacts facts_of(const Image& image, const Kernel* kernel, const Options& options,
                            const KernelSources& sources) {
    format::KdumpFacts facts;
    if (kernel != nullptr) {
        facts.utsname = kernel->utsname();
        facts.page_size = kernel->page_size();
        facts.phys_base = kernel->phys_base();
        facts.crash_time = kernel->crash_time();
    } else {
        describe_unknown_kernel(image, facts);
    }
    facts.level = options.level;
    facts.notes = image.notes();
    facts.vmcoreinfo = image.vmcoreinfo().empty() ? sources.vmcoreinfo : image.vmcoreinfo();
    if (image.header() != nullptr)
        describe_source(*image.header(), kernel, facts);
    return facts;
}

Result<PipelineCounts> run(const Job& job, const std::function<Result<>(const PageBlock&)>& sink) {
    Progress progress = progress_line(job.options, job.options.dry_run ? "compress" : "write",
                                      job.selection.counts.kept * job.facts.page_size);
    std::uint64_t pages = 0;
    auto counts =
        run_pipeline(job.image, job.selection.kept, job.pipeline, [&](const PageBlock& block) -> Result<> {
            KDK_TRY(stop_if_interrupted(job.options.output));
            KDK_TRY(sink(block));
            pages += block.pages.size();
            progress.update(pages * job.facts.page_size);
            return {};
        });
    if (counts)
        progress.finish();
    return counts;
}

Result<> rehearse(const Job& job, Summary& summary) {
    KDK_ASSIGN(const auto geometry,
               format::plan_kdump(job.facts, job.selection.memory.limit(), job.selection.kept.count()));
    KDK_ASSIGN(const PipelineCounts counts, run(job, [](const PageBlock&) -> Result<> { return {}; }));
    summary.zero_pages = counts.zero_pages;
    summary.written_pages = 0;
    const std::uint64_t zero_page = job.pipeline.share_zero_pages ? job.facts.page_size : 0;
    job.log.info("{} would take {} ({} bytes); nothing was written",
                 job.options.output == "-" ? "the dump" : job.options.output,
                 human_bytes(geometry.data + zero_page + counts.stored_bytes),
                 geometry.data + zero_page + counts.stored_bytes);
    return {};
}

// All that the image has was written, and it is not all that there should be: the dump stays marked
// incomplete.
Failure partial_source(const Job& job) {
    return fail(make_error(ErrorKind::corrupt, "dump", job.image.name(),
                           "it is truncated or was never finished; what it has is saved")
                    .then("copy the crash image again, whole, if there is a better copy")
                    .from(ErrorSide::source));
}

Result<> write(const Job& job, format::FileDestination& destination, Summary& summary) {
    auto writer =
        format::KdumpWriter::begin(destination, job.facts, job.selection.memory, job.selection.kept);
    if (!writer)
        return Failure(std::move(writer).error());
    auto counts = run(job, [&](const PageBlock& block) { return writer->append(block); });
    Result<> finished = !counts                 ? Result<>(Failure(Error(counts.error())))
                        : job.image.truncated() ? Result<>(partial_source(job))
                                                : writer->finish();
    summary.written_bytes = destination.end();
    if (!finished) {
        const bool readable = writer->abandon().has_value();
        if (writer->pages_written() == 0)
            return finished;
        const std::string state =
            fmt::format("{} is incomplete: {} of {} pages{}", job.options.output, writer->pages_written(),
                        job.selection.counts.kept + job.selection.counts.not_in_source,
                        readable ? " can be read" : ", and may be unreadable");
        summary.written_pages = writer->pages_written();
        if (is_interruption(finished.error()))
            return fail(interruption(job.options.output, state));
        job.log.warning("{}", state);
        return finished;
    }
    summary.zero_pages = counts->zero_pages;
    summary.written_pages = counts->pages - counts->zero_pages;
    summary.complete = true;
    KDK_TRY(destination.close());
    return sync_folder(parent_folder(job.options.output)).map_error([](Error error) {
        return std::move(error).from(ErrorSide::destination);
    });
}

Result<> select_and_write(const Options& options, const Log& log, Stopwatch& clock, Summary& summary) {
    EraseConfig to_erase;
    if (!options.erase.empty()) {
        KDK_ASSIGN(const std::string text, read_text(options.erase));
        KDK_ASSIGN(to_erase, parse_erase_config(text, options.erase));
    }
    KDK_ASSIGN(const auto image, open_image(options.source).map_error([](Error error) {
        return std::move(error).from(ErrorSide::source);
    }));
    for (const std::string& warning : image->warnings()) {
        log.warning("{}", warning);
        summary.warnings.push_back(warning);
    }
    summary.memory_bytes = image->memory().total();
    summary.source = {std::string(image->format()), image->flattened(), image->truncated(), image->live(), 0};
    KDK_ASSIGN(const KernelSources sources,
               read_kernel_sources({options.vmcoreinfo, options.layout, options.vmlinux}));
    // Nobody should wait for the filter only to learn that the dump has no place to go.
    if (!options.summary.empty() && options.summary != "-")
        KDK_TRY(check_place(options.summary));
    std::optional<format::FileDestination> destination;
    if (!options.dry_run) {
        KDK_ASSIGN(destination,
                   format::FileDestination::create(options.output, options.overwrite, page_cache_limit()));
    }
    KDK_ASSIGN(const auto kernel, find_kernel(*image, options, sources, log, summary));
    ErasedDump erased;
    if (!options.erase.empty()) {
        KDK_ASSIGN(erased, erase_data(*image, kernel.get(), to_erase, options.erase));
        for (const std::string& warning : erased.warnings) {
            log.warning("{}", warning);
            summary.warnings.push_back(warning);
        }
    }
    const Image& to_save = erased.image ? *erased.image : *image;
    Job job{options, log,
            to_save, Selection{PageSet(0), PageSet(0), {}, {}, {}},
            {},      facts_of(*image, kernel.get(), options, sources)};
    job.facts.eraseinfo += erased.report;
    summary.kernel_release = job.facts.utsname.release;
    summary.page_size = job.facts.page_size;
    summary.open_seconds = clock.lap();

    const auto& ranges = image->memory().ranges();
    KDK_TRY(format::check_kdump_bitmaps(ranges.empty() ? 0 : ranges.back().end / job.facts.page_size,
                                        image->memory().total() / job.facts.page_size));
    KDK_ASSIGN(job.selection, select(*image, kernel.get(), options, log));
    summary.pages = job.selection.counts;
    summary.checks = job.selection.checks;
    for (const std::string& warning : job.selection.warnings) {
        log.warning("{}", warning);
        summary.warnings.push_back(warning);
    }
    summary.filter_seconds = clock.lap();

    const unsigned workers = options.workers != 0 ? options.workers : available_cpus();
    job.pipeline = {workers, options.compression, static_cast<std::size_t>(job.facts.page_size),
                    (job.facts.level & DumpLevel::zero) != 0};
    KDK_ASSIGN(const auto codec, Codec::create(options.compression, job.pipeline.page_size));
    job.facts.compression = codec->flag();
    KDK_ASSIGN(summary.buffer_bytes, pipeline_memory(job.pipeline));
    summary.workers = workers;
    log.info("{} of {} pages to save ({}), compression {}, {} worker{}, at most {} of buffers",
             job.selection.counts.kept, job.selection.counts.total,
             human_bytes(job.selection.counts.kept * job.facts.page_size), options.compression.name(),
             workers, workers == 1 ? "" : "s", human_bytes(summary.buffer_bytes));
    auto done = destination ? write(job, *destination, summary) : rehearse(job, summary);
    summary.source.unreadable_pages = image->unreadable_pages();
    if (summary.source.unreadable_pages != 0) {
        summary.warnings.push_back(
            fmt::format("the running kernel did not show {} pages; they were saved as zero",
                        summary.source.unreadable_pages));
        log.warning("{}", summary.warnings.back());
    }
    summary.write_seconds = clock.lap();
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
    summary.compression = options.compression;
    auto done = select_and_write(options, log, clock, summary);
    summary.total_seconds = clock.total();
    summary.peak_rss_kib = peak_rss_kib();
    if (!done)
        summary.error = done.error().message();
    if (summary.complete)
        log.info("{}: {} in {:.1f} s, peak memory {}", options.output, human_bytes(summary.written_bytes),
                 summary.total_seconds, human_bytes(summary.peak_rss_kib * 1024));
    if ((options.messages & Messages::report) != 0 && summary.page_size != 0)
        fmt::print(stderr, "{}", report_text(summary));
    auto told = write_summary(options, summary);
    // A dump that failed is the news; a summary that failed beside it is not.
    return done ? std::move(told) : std::move(done);
}

} // namespace kdumpkit::dump
