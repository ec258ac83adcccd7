// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/reassemble.h"

#include "base/file.h"
#include "makedumpfile-lite/dump_job.h"
#include "makedumpfile-lite/dump_output.h"
#include "makedumpfile-lite/format/file_destination.h"
#include "makedumpfile-lite/format/kdump_writer.h"
#include "makedumpfile-lite/interrupt.h"
#include "makedumpfile-lite/same_page.h"
#include "makedumpfile-lite/source/dump_part.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

Failure wrong_part(const std::string& name, std::string reason, std::string next) {
    return fail(make_error(ErrorKind::invalid, "reassemble", name, std::move(reason))
                    .then(std::move(next))
                    .from(ErrorSide::source));
}

Result<std::vector<DumpPart>> open_parts(const std::vector<std::string>& names) {
    std::vector<DumpPart> parts;
    for (const std::string& name : names) {
        KDK_ASSIGN(DumpPart part, DumpPart::open(name));
        parts.push_back(std::move(part));
    }
    for (const DumpPart& part : parts)
        if (!part.same_dump(parts.front()))
            return wrong_part(
                part.name(),
                fmt::format("it is no part of the dump that {} belongs to", parts.front().name()),
                "name the parts that one --split wrote");
    std::sort(parts.begin(), parts.end(), [](const DumpPart& a, const DumpPart& b) {
        return a.pfns().begin != b.pfns().begin ? a.pfns().begin < b.pfns().begin
                                                : a.pfns().end < b.pfns().end;
    });
    std::uint64_t at = 0;
    for (const DumpPart& part : parts) {
        if (part.pfns().begin < at)
            return wrong_part(
                part.name(), fmt::format("another part has its pages from pfn {:#x}, too", part.pfns().begin),
                "name each part once");
        if (part.pfns().begin > at)
            return wrong_part(part.name(),
                              fmt::format("the part with the pfns {:#x} to {:#x} in front of it is missing",
                                          at, part.pfns().begin),
                              "name all parts that --split wrote");
        at = part.pfns().end;
    }
    if (at != parts.front().limit())
        return wrong_part(parts.back().name(),
                          fmt::format("the part with the pfns {:#x} to {:#x} behind it is missing", at,
                                      parts.front().limit()),
                          "name all parts that --split wrote");
    return parts;
}

// Copies the pages of one part, as they are stored.
Result<> copy_part(const DumpPart& part, const PageSet& kept, format::KdumpWriter& writer,
                   const std::function<Result<>()>& look_up) {
    constexpr std::size_t batch = 64;
    const std::uint64_t pages = kept.count(part.pfns().begin, part.pfns().end);
    const std::uint64_t zero_page = part.zero_page(kept.count());
    const bool zeros_shared = (part.facts().level & DumpLevel::zero) != 0;
    std::array<format::PageDescriptor, batch> descriptors;
    PageBlock block;
    block.data.resize(batch * part.page_size());
    for (std::uint64_t done = 0; done < pages;) {
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(batch, pages - done));
        KDK_TRY(part.read_descriptors(done, std::span(descriptors).first(count)));
        block.pages.clear();
        block.used = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const format::PageDescriptor& d = descriptors[i];
            if (d.offset == 0) {
                block.pages.push_back({0, PageBlock::missing});
                continue;
            }
            if (zeros_shared && d.offset == zero_page) {
                block.pages.push_back({0, 0});
                continue;
            }
            if (d.size == 0 || d.size > part.page_size())
                return fail(make_error(ErrorKind::corrupt, "reassemble", part.name(),
                                       fmt::format("page {} of it has {} bytes", done + i, d.size))
                                .from(ErrorSide::source));
            const auto stored = std::span(block.data).subspan(block.used, d.size);
            KDK_TRY(part.read_data(d.offset, stored));
            block.pages.push_back({d.size, d.flags, format::hash_of(stored)});
            block.used += d.size;
        }
        KDK_TRY(writer.append(block));
        done += count;
        KDK_TRY(look_up());
    }
    return {};
}

std::string all_eraseinfo(const std::vector<DumpPart>& parts) {
    std::string text;
    for (const DumpPart& part : parts)
        text += part.facts().eraseinfo;
    return text;
}

} // namespace

Result<> reassemble(const Options& options, const Log& log) {
    KDK_ASSIGN(const std::vector<DumpPart> parts, open_parts(options.parts));
    KDK_ASSIGN(const PageSet memory, parts.front().memory());
    KDK_ASSIGN(const PageSet kept, parts.front().kept());
    format::KdumpFacts facts = parts.front().facts();
    facts.eraseinfo = all_eraseinfo(parts);
    KDK_ASSIGN(format::FileDestination output,
               format::FileDestination::create(options.output, options.overwrite, page_cache_limit()));
    if (options.size_limit)
        output.set_size_limit(*options.size_limit);
    KDK_ASSIGN(auto writer, format::KdumpWriter::begin(output, facts, memory, kept));
    if (options.share_duplicates)
        writer.share_duplicates(format::Duplicates::default_bytes, same_in_file(output));
    Progress progress = progress_line(options, "reassemble", kept.count() * facts.page_size);
    bool complete = true;
    Result<> done;
    for (const DumpPart& part : parts) {
        done = copy_part(part, kept, writer, [&]() -> Result<> {
            progress.update(writer.pages_written() * facts.page_size);
            return stop_if_interrupted(output.name());
        });
        if (!done)
            break;
        if (!part.complete()) {
            log.warning("{} is incomplete: some of its pages are missing", part.name());
            complete = false;
        }
    }
    if (done && complete)
        done = writer.finish();
    else
        (void)writer.abandon();
    if (!done && writer.pages_written() != 0)
        log.warning("{} is incomplete: {} of {} pages can be read", output.name(), writer.pages_written(),
                    kept.count());
    KDK_TRY(done);
    progress.finish();
    log.info("{}: {} from {} parts", output.name(), human_bytes(output.size()), parts.size());
    KDK_TRY(output.close());
    if (!complete)
        return fail(make_error(ErrorKind::corrupt, "reassemble all of", options.output,
                               "a part is incomplete; what its pages lack is missing here too")
                        .then("open it: what is there can be read")
                        .from(ErrorSide::source));
    return sync_folder(parent_folder(output.name())).map_error([](Error error) {
        return std::move(error).from(ErrorSide::destination);
    });
}

} // namespace kdumpkit::dump
