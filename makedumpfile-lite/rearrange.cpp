// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/rearrange.h"

#include "base/bytes.h"
#include "base/file.h"
#include "makedumpfile-lite/dump_job.h"
#include "makedumpfile-lite/dump_output.h"
#include "makedumpfile-lite/format/file_destination.h"
#include "makedumpfile-lite/format/flat_layout.h"
#include "makedumpfile-lite/format/kdump_writer.h"
#include "makedumpfile-lite/interrupt.h"
#include "makedumpfile-lite/manifest.h"
#include "makedumpfile-lite/partial_dump.h"
#include "makedumpfile-lite/same_page.h"
#include "makedumpfile-lite/source/image.h"
#include "makedumpfile-lite/source/sequential_input.h"
#include "makedumpfile-lite/source/stream_reader.h"
#include "makedumpfile-lite/stream_pages.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

namespace kdumpkit::dump {

namespace {

using format::FileDestination;

Error wrong_record(const SequentialInput& input, std::string reason) {
    return make_error(ErrorKind::corrupt, "rearrange", input.name(), std::move(reason))
        .at(input.position())
        .then("send it again, whole")
        .from(ErrorSide::source);
}

Result<> copy_records(SequentialInput& input, FileDestination& output) {
    std::vector<std::byte> buffer(std::size_t{1} << 20);
    for (;;) {
        format::FlatRecord record;
        KDK_TRY(input.read_exact(std::as_writable_bytes(std::span(&record, 1))));
        const std::int64_t offset = format::from_flat(record.offset);
        std::int64_t size = format::from_flat(record.size);
        if (offset == format::flat_end && size == format::flat_end)
            return {};
        if (size == 0 || !format::is_flat_place(offset, size))
            return fail(wrong_record(input, fmt::format("a record of {} bytes at {}", size, offset)));
        for (auto at = static_cast<std::uint64_t>(offset); size > 0;) {
            KDK_TRY(stop_if_interrupted(output.name()));
            const auto piece = std::span(buffer).first(
                static_cast<std::size_t>(std::min<std::int64_t>(size, std::ssize(buffer))));
            KDK_ASSIGN(const std::size_t got, input.read(piece));
            KDK_TRY(output.write(at, piece.first(got)));
            if (got < piece.size())
                return fail(wrong_record(input, "it ends in the middle of the dump"));
            at += got;
            size -= static_cast<std::int64_t>(got);
        }
    }
}

// What an end before the end leaves: said in the header, where the format has a place for it, and to people.
Failure leave_partial(FileDestination& output, const Log& log, Error error) {
    if (output.end() == 0)
        return fail(std::move(error));
    output.keep();
    const bool marked = mark_partial_dump(output).value_or(false);
    (void)output.sync();
    // An ELF core has no place for a mark. It shows by itself what it lacks.
    const auto image = open_image(output.name());
    const bool whole = !marked && image && !(*image)->truncated();
    const std::string state =
        whole ? fmt::format("{}: {} arrived, all that its headers describe, but not the end of what was sent",
                            output.name(), human_bytes(output.end()))
              : fmt::format("{} is incomplete: {} arrived{}", output.name(), human_bytes(output.end()),
                            marked ? ", what is there can be read" : "");
    if (is_interruption(error))
        return fail(interruption(output.name(), state));
    log.warning("{}", state);
    return fail(std::move(error));
}

Result<> rearrange_flat(SequentialInput& input, FileDestination& output, const Log& log) {
    format::FlatHeader header;
    KDK_TRY(input.read_exact(std::as_writable_bytes(std::span(&header, 1))));
    if (format::from_flat(header.type) != format::flat_type ||
        format::from_flat(header.version) != format::flat_version)
        return fail(make_error(ErrorKind::unsupported, "rearrange", input.name(),
                               fmt::format("type {} version {} of the flattened format",
                                           format::from_flat(header.type), format::from_flat(header.version)))
                        .then("use makedumpfile -R")
                        .from(ErrorSide::source));
    KDK_TRY(input.skip(format::flat_header_size - sizeof(header)));
    if (auto done = copy_records(input, output); !done)
        return leave_partial(output, log, std::move(done).error());
    output.keep();
    return output.sync();
}

Result<> rearrange_stream(SequentialInput& input, FileDestination& output, const Options& options,
                          const Log& log) {
    StreamReader reader(input);
    KDK_TRY(reader.read_head());
    format::KdumpFacts facts = reader.kdump_facts();
    KDK_TRY(format::check_kdump_bitmaps(reader.facts().limit, reader.facts().memory_pages));
    PipelineSettings pipeline;
    pipeline.workers = options.workers != 0 ? options.workers : available_cpus();
    pipeline.compression = options.compression;
    pipeline.page_size = static_cast<std::size_t>(facts.page_size);
    pipeline.share_zero_pages = (facts.level & DumpLevel::zero) != 0;
    pipeline.hash_pages = options.share_duplicates;
    pipeline.single_pages = reader.facts().frame_pages;
    KDK_ASSIGN(const auto codec, Codec::create(pipeline.compression, pipeline.page_size));
    facts.compression = codec->flag();
    KDK_ASSIGN(const std::uint64_t memory, pipeline_memory(pipeline));
    log.info("{} pages ({}), compression {}, {} workers, at most {} of buffers", reader.facts().kept_pages,
             human_bytes(reader.facts().kept_pages * facts.page_size), options.compression.name(),
             pipeline.workers, human_bytes(memory + format::KdumpWriter::sharing_bytes(pipeline.page_size)));

    KDK_ASSIGN(auto writer, format::KdumpWriter::begin(output, facts, reader.memory(), reader.kept()));
    if (pipeline.hash_pages)
        writer.share_duplicates(same_in_file(output));
    Progress progress = progress_line(options, "rearrange", reader.facts().kept_pages * facts.page_size);
    StreamPages pages(reader, input.name());
    const auto counts = run_pipeline(pages, pipeline, [&](const PageBlock& block) -> Result<> {
        KDK_TRY(stop_if_interrupted(output.name()));
        KDK_TRY(writer.append(block));
        progress.update(writer.pages_written() * facts.page_size);
        return {};
    });
    Result<> finished = !counts            ? Result<>(Failure(counts.error()))
                        : reader.partial() ? writer.finish_partial()
                                           : writer.finish();
    if (finished) {
        progress.finish();
        return {};
    }
    const bool readable = writer.abandon().has_value();
    if (writer.pages_written() == 0)
        return finished;
    const std::string state =
        fmt::format("{} is incomplete: {} of {} pages{}", output.name(), writer.pages_written(),
                    reader.facts().kept_pages, readable ? " can be read" : ", and may be unreadable");
    if (is_interruption(finished.error()))
        return fail(interruption(output.name(), state));
    log.warning("{}", state);
    return finished;
}

} // namespace

Result<> rearrange(const Options& options, const Log& log) {
    SequentialInput input(STDIN_FILENO, "standard input");
    KDK_ASSIGN(const Bytes bytes, input.peek(16));
    const std::string start(as_text(bytes));
    const bool flat = start == std::string(format::flat_signature) + std::string(4, '\0');
    const bool stream = start.size() == 16 && start.substr(8) == format::stream_signature;
    if (!flat && !stream)
        return fail(make_error(ErrorKind::corrupt, "rearrange", input.name(),
                               start.empty() ? "it is empty" : "it is neither a flattened nor a stream dump")
                        .then("give it what -F or --format stream wrote: -R DUMPFILE < FILE")
                        .from(ErrorSide::source));
    if (flat && options.compression.algorithm != Algorithm::none)
        return fail(make_error(ErrorKind::invalid, "rearrange", input.name(),
                               "a flattened dump is put together as it was written")
                        .then("leave the compression out, and compress the result"));
    KDK_ASSIGN(FileDestination output,
               FileDestination::create(options.output, options.overwrite, page_cache_limit()));
    if (options.size_limit)
        output.set_size_limit(*options.size_limit);
    if (!options.manifest.empty()) {
        KDK_TRY(check_place(options.manifest));
        output.hash_blocks(manifest_block(0));
    }
    KDK_TRY(flat ? rearrange_flat(input, output, log) : rearrange_stream(input, output, options, log));
    log.info("{}: {}", output.name(), human_bytes(output.size()));
    KDK_TRY(output.close());
    KDK_TRY(sync_folder(parent_folder(output.name())).map_error([](Error error) {
        return std::move(error).from(ErrorSide::destination);
    }));
    // What came is all that was sent; whether that is a whole dump, it says itself.
    const auto image = open_image(output.name());
    if (!options.manifest.empty())
        KDK_TRY(write_manifest(options.manifest, output,
                               {image ? std::string((*image)->format()) : std::string(),
                                false,
                                image && !(*image)->truncated(),
                                0,
                                0,
                                {}}));
    if (!image && image.error().kind == ErrorKind::corrupt)
        return fail(
            make_error(ErrorKind::corrupt, "rearrange", output.name(),
                       fmt::format("all that was sent is in it, and it is damaged: {}", image.error().reason))
                .then("send it again, or save what can be read of it: makedumpfile-lite salvage")
                .from(ErrorSide::source));
    if (!image || !(*image)->truncated())
        return {};
    for (const std::string& warning : (*image)->warnings())
        log.warning("{}", warning);
    return fail(make_error(ErrorKind::corrupt, "rearrange all of", output.name(),
                           "what was sent is not a whole dump; what it has is saved, and marked incomplete")
                    .then("make the dump again, if its crash image is whole")
                    .from(ErrorSide::source));
}

} // namespace kdumpkit::dump
