// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/dump_output.h"

#include "base/bytes.h"
#include "base/file.h"
#include "makedumpfile-lite/begun_dump.h"
#include "makedumpfile-lite/format/file_destination.h"
#include "makedumpfile-lite/format/pipe_destination.h"
#include "makedumpfile-lite/interrupt.h"
#include "makedumpfile-lite/manifest.h"
#include "makedumpfile-lite/split.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>

namespace kdumpkit::dump {

namespace {

using Format = Options::Format;

// Bytes that a file of this name could take; what cannot be told is no limit.
std::uint64_t space_for(const std::string& path) {
    struct stat status {};
    const bool there = ::stat(path.c_str(), &status) == 0;
    struct statvfs space {};
    if ((there && !S_ISREG(status.st_mode)) || ::statvfs(parent_folder(path).c_str(), &space) != 0 ||
        space.f_blocks == 0)
        return std::numeric_limits<std::uint64_t>::max();
    const std::uint64_t held = there ? static_cast<std::uint64_t>(status.st_blocks) * 512 : 0;
    return std::uint64_t{space.f_bavail} * space.f_frsize + held;
}

// All that the image has was written, and it is not all that there should be: the dump stays marked
// incomplete.
Failure partial_source(const DumpJob& job) {
    return fail(make_error(ErrorKind::corrupt, "dump", job.source.name(),
                           "it is truncated or was never finished; what it has is saved")
                    .then("copy the crash image again, whole, if there is a better copy")
                    .from(ErrorSide::source));
}

} // namespace

std::uint64_t page_cache_limit() {
    struct sysinfo info {};
    const std::uint64_t memory = ::sysinfo(&info) == 0 ? std::uint64_t{info.totalram} * info.mem_unit : 0;
    return std::clamp<std::uint64_t>(memory / 16, std::uint64_t{4} << 20, std::uint64_t{1} << 30);
}

Result<std::unique_ptr<format::Destination>> open_destination(const Options& options,
                                                              const std::string& path) {
    std::unique_ptr<format::Destination> destination;
    // Only a dry run takes a format without -F to standard output: as if a file were named.
    if (options.flattened || (path == "-" && (!options.dry_run || options.format == Format::stream))) {
        OutputFile file = OutputFile::standard_output();
        if (options.dry_run) {
            KDK_ASSIGN(file, OutputFile::nowhere(path));
        } else if (path != "-") {
            KDK_ASSIGN(file, OutputFile::create(path, options.overwrite, O_WRONLY));
        }
        if (options.flattened)
            destination = std::make_unique<format::FlatDestination>(std::move(file));
        else
            destination = std::make_unique<format::PipeDestination>(std::move(file));
    } else {
        KDK_ASSIGN(auto file,
                   options.dry_run
                       ? format::FileDestination::rehearse(path == "-" ? "the dump" : path)
                       : format::FileDestination::create(path, options.overwrite, page_cache_limit()));
        destination = std::make_unique<format::FileDestination>(std::move(file));
    }
    if (options.size_limit)
        destination->set_size_limit(*options.size_limit);
    return destination;
}

Result<DumpOutput> DumpOutput::open(const Options& options) {
    DumpOutput output;
    std::vector<std::string> paths = options.split ? options.parts : std::vector{options.output};
    for (std::size_t i = 0; i < paths.size(); ++i) {
        if (std::find(paths.begin(), paths.begin() + static_cast<std::ptrdiff_t>(i), paths[i]) !=
            paths.begin() + static_cast<std::ptrdiff_t>(i))
            return fail(make_error(ErrorKind::invalid, "write", paths[i], "it is named twice")
                            .then("name another file for each part"));
        KDK_ASSIGN(auto destination, open_destination(options, paths[i]));
        output.destinations_.push_back(std::move(destination));
    }
    return output;
}

Result<> DumpOutput::write(const DumpJob& job, Summary& summary) {
    const PageSet& kept = job.selection.kept;
    if (job.source.truncated() && kept.count() == 0)
        return fail(make_error(ErrorKind::corrupt, "dump", job.source.name(),
                               "it is truncated or was never finished, and has none of the pages to save")
                        .then("copy the crash image again, whole, if there is a better copy")
                        .from(ErrorSide::source));
    if (!job.options.manifest.empty() && !job.options.dry_run && destinations_.front()->end() == 0) {
        // Descriptors, bitmaps and headers are less than a sixteenth of the pages.
        const std::uint64_t most = kept.count() * job.facts.page_size;
        for (auto& destination : destinations_)
            destination->hash_blocks(manifest_block(most + most / 16));
    }
    const bool elf = job.options.format == Format::elf;
    const format::ElfPlan plan = elf ? plan_core(job) : format::ElfPlan{{}, PageSet(0)};
    Progress progress = progress_line(job.options, job.options.dry_run ? "count" : "write",
                                      (elf ? plan.pages : kept).count() * job.facts.page_size);
    progressed_ = 0;
    summary.written_bytes = summary.written_pages = summary.zero_pages = summary.shared_pages = 0;
    summary.parts.clear();
    format::Destination& first = *destinations_.front();
    Result<> done;
    if (elf) {
        KDK_ASSIGN(auto begun, begin_elf(job, first, plan));
        done = write_part(job, {&first, {0, plan.pages.limit()}, job.options.manifest}, plan.pages,
                          *begun.writer, progress, summary);
    } else if (job.options.format == Format::stream) {
        KDK_ASSIGN(auto begun, begin_stream(job, first));
        done = write_part(job, {&first, {0, kept.limit()}, job.options.manifest}, kept, *begun.writer,
                          progress, summary);
    } else {
        done = write_split(job, progress, summary);
    }
    summary.written_pages -= summary.shared_pages;
    KDK_TRY(done);
    progress.finish();
    summary.complete = !job.source.truncated();
    return {};
}

// A whole dump is the only part of itself.
Result<> DumpOutput::write_split(const DumpJob& job, Progress& progress, Summary& summary) {
    const PageSet& kept = job.selection.kept;
    const std::uint64_t limit = std::max(job.selection.memory.limit(), kept.limit());
    // Cuts at every 1 MiB of memory, unless told otherwise.
    const std::uint64_t block =
        job.options.split_block.value_or(std::uint64_t{1} << 20) / job.facts.page_size;
    std::vector<std::string> manifests = job.options.manifests();
    manifests.resize(destinations_.size());
    const auto ranges = split_pfns(kept, limit, destinations_.size(), block);
    Result<> whole;
    for (std::size_t i = 0; i < ranges.size(); ++i) {
        format::Destination& destination = *destinations_[i];
        auto begun = begin_kdump(job, destination, ranges[i]);
        Result<> done = begun ? write_part(job, {&destination, ranges[i], manifests[i]}, kept, *begun->writer,
                                           progress, summary)
                              : Result<>(Failure(begun.error()));
        if (begun)
            summary.shared_pages += begun->kdump->pages_shared();
        if (job.options.split && !job.options.dry_run) {
            const std::uint64_t pages = kept.count(ranges[i].begin, ranges[i].end);
            summary.parts.push_back({destination.name(), ranges[i], pages,
                                     begun ? begun->kdump->pages_written() : 0, destination.size(),
                                     done && !job.source.truncated()});
            const DumpPartSummary& part = summary.parts.back();
            job.log.info("{}: {}, pfns {:#x} to {:#x}, {} of {} pages", part.name, human_bytes(part.bytes),
                         part.pfns.begin, part.pfns.end, part.written_pages, part.pages);
        }
        if (done)
            continue;
        if (is_interruption(done.error()) || (job.retries && format::is_out_of_space(done.error())))
            return done;
        if (job.options.split && i + 1 < ranges.size())
            job.log.warning("{}\nthe other parts are written all the same", done.error().message());
        if (whole)
            whole = std::move(done);
    }
    return whole;
}

Result<> DumpOutput::write_part(const DumpJob& job, const Part& part, const PageSet& pages,
                                format::DumpWriter& writer, Progress& progress, Summary& summary) {
    format::Destination& destination = *part.destination;
    const auto told = [&](Result<> done) {
        auto manifest = part.manifest.empty() ? Result<>()
                                              : write_manifest(part.manifest, destination,
                                                               {to_text(job.options.format),
                                                                job.options.flattened,
                                                                done && !job.source.truncated(),
                                                                0,
                                                                0,
                                                                {}});
        // A dump that failed is the news; a manifest that failed beside it is not.
        return done ? std::move(manifest) : std::move(done);
    };
    ImagePages source(job.image, pages, job.pipeline.page_size, part.pfns);
    auto counts = run_pipeline(source, job.pipeline, [&](const PageBlock& block) -> Result<> {
        KDK_TRY(stop_if_interrupted(destination.name()));
        KDK_TRY(writer.append(block));
        progressed_ += block.pages.size();
        progress.update(progressed_ * job.facts.page_size);
        return {};
    });
    const bool partial = job.source.truncated();
    Result<> finished = !counts   ? Result<>(Failure(Error(counts.error())))
                        : partial ? writer.finish_partial()
                                  : writer.finish();
    if (!finished) {
        const bool readable = writer.abandon().has_value();
        summary.written_bytes += destination.size();
        if (writer.pages_written() == 0)
            return finished;
        const std::string state =
            fmt::format("{} is incomplete: {} of {} pages{}", destination.name(), writer.pages_written(),
                        pages.count(part.pfns.begin, part.pfns.end),
                        readable ? " can be read" : ", and may be unreadable");
        summary.written_pages += writer.pages_written();
        if (job.options.dry_run)
            return finished;
        if (is_interruption(finished.error()))
            return fail(interruption(destination.name(), state));
        job.log.warning("{}", state);
        (void)destination.seal();
        return told(std::move(finished));
    }
    summary.zero_pages += counts->zero_pages;
    summary.written_pages += counts->pages - counts->zero_pages;
    // What a flattened dump tells at its end comes with close().
    auto closed = destination.close();
    summary.written_bytes += destination.size();
    KDK_TRY(closed);
    if (job.options.dry_run)
        return {};
    if (destination.name() != "standard output")
        KDK_TRY(sync_folder(parent_folder(destination.name())).map_error([](Error error) {
            return std::move(error).from(ErrorSide::destination);
        }));
    if (!partial)
        return told({});
    // What a truncated image has lost is not always known.
    job.log.warning("{} is incomplete: {} pages can be read", destination.name(), writer.pages_written());
    // That is what salvage is asked for.
    return told(job.options.job == Options::Job::salvage ? Result<>() : Result<>(partial_source(job)));
}

Result<> DumpOutput::restart() {
    for (auto& destination : destinations_)
        KDK_TRY(destination->restart());
    return {};
}

void DumpOutput::report_sizes(const DumpJob& job, Summary& summary) const {
    // The running kernel's memory is another one by the time of the real dump.
    const std::string_view about = job.source.live() ? "about " : "";
    std::uint64_t total = 0;
    for (const auto& destination : destinations_) {
        const std::uint64_t size = destination->size();
        total += size;
        job.log.info("{} would take {}{} ({} bytes); nothing was written", destination->name(), about,
                     human_bytes(size), size);
        if (const std::uint64_t space = space_for(destination->name()); size > space) {
            summary.warnings.push_back(
                fmt::format("{} would not fit: {} are free for it", destination->name(), human_bytes(space)));
            job.log.warning("{}", summary.warnings.back());
        }
    }
    if (destinations_.size() > 1)
        job.log.info("all parts together would take {}{} ({} bytes)", about, human_bytes(total), total);
    summary.would_write_bytes = total;
    summary.written_bytes = summary.written_pages = 0;
    summary.complete = false;
}

} // namespace kdumpkit::dump
