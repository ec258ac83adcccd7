// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/reassemble.h"

#include "base/file.h"
#include "makedumpfile-lite/dump_job.h"
#include "makedumpfile-lite/dump_output.h"
#include "makedumpfile-lite/faults.h"
#include "makedumpfile-lite/format/file_destination.h"
#include "makedumpfile-lite/format/kdump_writer.h"
#include "makedumpfile-lite/interrupt.h"
#include "makedumpfile-lite/manifest.h"
#include "makedumpfile-lite/same_page.h"
#include "makedumpfile-lite/source/dump_part.h"

#include <algorithm>
#include <functional>
#include <span>
#include <vector>

#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

Failure wrong_part(const std::string& name, std::string reason, std::string next) {
    return fail(make_error(ErrorKind::invalid, "reassemble", name, std::move(reason))
                    .then(std::move(next))
                    .from(ErrorSide::source));
}

struct Parts {
    std::vector<DumpPart> parts; // apart, by rising pfns
    std::vector<Range> missing;  // pfns whose part nobody named, or that cannot be read at all
};

Result<Parts> open_parts(const std::vector<std::string>& names, const Log& log) {
    std::vector<DumpPart> parts;
    Result<> lost;
    for (const std::string& name : names) {
        auto part = DumpPart::open(name);
        if (part) {
            parts.push_back(std::move(*part));
            continue;
        }
        // One of which nothing can be had is no reason to lose the others.
        if (part.error().kind != ErrorKind::corrupt)
            return fail(std::move(part).error());
        log.warning("lost: {}", part.error().reason.empty() ? name : name + ": " + part.error().reason);
        lost = fail(std::move(part).error());
    }
    if (parts.empty())
        return fail(std::move(lost).error());
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
    std::vector<Range> missing;
    std::uint64_t at = 0;
    for (const DumpPart& part : parts) {
        if (part.pfns().begin < at)
            return wrong_part(
                part.name(), fmt::format("another part has its pages from pfn {:#x}, too", part.pfns().begin),
                "name each part once");
        if (part.pfns().begin > at)
            missing.push_back({at, part.pfns().begin});
        at = part.pfns().end;
    }
    if (at < parts.front().limit())
        missing.push_back({at, parts.front().limit()});
    return Parts{std::move(parts), std::move(missing)};
}

// Puts the whole dump together, pages as they are stored.
class Reassembly {
  public:
    Reassembly(const PageSet& kept, format::KdumpWriter& writer, std::function<Result<>()> look_up)
        : kept_(kept), writer_(writer), look_up_(std::move(look_up)) {}

    // The pages of one part. Those that it does not have, or whose place in it makes no sense, are lost.
    Result<> copy(const DumpPart& part) {
        descriptors_.resize(batch);
        block_.data.resize(batch * part.page_size());
        const std::uint64_t zero_page = part.zero_page(kept_.count());
        const bool zeros_shared = (part.facts().level & DumpLevel::zero) != 0;
        const std::uint64_t pages = kept_.count(part.pfns().begin, part.pfns().end);
        std::uint64_t pfn = part.pfns().begin;
        for (std::uint64_t done = 0; done < pages;) {
            const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(batch, pages - done));
            const auto descriptors = std::span(descriptors_).first(count);
            if (auto read = part.read_descriptors(done, descriptors); !read) {
                std::fill(descriptors.begin(), descriptors.end(), format::PageDescriptor{});
                faults_.add(read.error().message());
            }
            block_.clear();
            for (const format::PageDescriptor& d : descriptors) {
                pfn = kept_.next(pfn).value_or(pfn);
                if (zeros_shared && d.offset == zero_page)
                    block_.pages.push_back({0, 0});
                else
                    add_page(part, d, pfn);
                ++pfn;
            }
            KDK_TRY(writer_.append(block_));
            KDK_TRY(look_up_());
            done += count;
        }
        return {};
    }

    // Pages that no part has.
    Result<> skip(const Range& pfns) {
        const std::uint64_t pages = kept_.count(pfns.begin, pfns.end);
        faults_.add(
            fmt::format("pfns {:#x} to {:#x}, {} pages: no part has them", pfns.begin, pfns.end - 1, pages));
        lost_ += pages;
        for (std::uint64_t done = 0; done < pages; done += block_.pages.size()) {
            block_.clear();
            block_.pages.resize(std::min<std::uint64_t>(batch, pages - done), {0, PageBlock::missing});
            KDK_TRY(writer_.append(block_));
            KDK_TRY(look_up_());
        }
        return {};
    }

    [[nodiscard]] const Faults& faults() const { return faults_; }
    [[nodiscard]] std::uint64_t lost() const { return lost_; } // pages

  private:
    static constexpr std::size_t batch = 64; // pages

    void add_page(const DumpPart& part, const format::PageDescriptor& d, std::uint64_t pfn) {
        std::string why;
        if (d.offset == 0) {
            why = "missing: it never arrived in its part";
        } else if (d.size == 0 || d.size > part.page_size()) {
            why = fmt::format("its part says that it has {} bytes", d.size);
        } else {
            const auto stored = std::span(block_.data).subspan(block_.used, d.size);
            if (const auto read = part.read_data(d.offset, stored)) {
                block_.pages.push_back({d.size, d.flags, format::hash_of(stored)});
                block_.used += d.size;
                return;
            } else {
                why = read.error().kind == ErrorKind::corrupt ? "its part does not have the bytes of it"
                                                              : read.error().message();
            }
        }
        block_.pages.push_back({0, PageBlock::missing});
        faults_.add_page(pfn, why);
        ++lost_;
    }

    const PageSet& kept_;
    format::KdumpWriter& writer_;
    std::function<Result<>()> look_up_;
    std::vector<format::PageDescriptor> descriptors_;
    PageBlock block_;
    Faults faults_;
    std::uint64_t lost_ = 0;
};

// The memory of a dump whose bitmaps disagree (damage): a page that is kept is memory, too.
PageSet with_kept(PageSet memory, const PageSet& kept) {
    for (auto pfn = kept.next(0); pfn;) {
        const std::uint64_t end = kept.end_of_run(*pfn);
        memory.insert(*pfn, end);
        pfn = kept.next(end);
    }
    return memory;
}

std::string all_eraseinfo(const std::vector<DumpPart>& parts) {
    std::string text;
    for (const DumpPart& part : parts)
        text += part.facts().eraseinfo;
    return text;
}

} // namespace

Result<> reassemble(const Options& options, const Log& log) {
    KDK_ASSIGN(const Parts found, open_parts(options.parts, log));
    const std::vector<DumpPart>& parts = found.parts;
    KDK_ASSIGN(PageSet named, parts.front().memory());
    KDK_ASSIGN(const PageSet kept, parts.front().kept());
    const PageSet memory = with_kept(std::move(named), kept);
    format::KdumpFacts facts = parts.front().facts();
    facts.eraseinfo = all_eraseinfo(parts);
    KDK_ASSIGN(format::FileDestination output,
               format::FileDestination::create(options.output, options.overwrite, page_cache_limit()));
    if (options.size_limit)
        output.set_size_limit(*options.size_limit);
    if (!options.manifest.empty()) {
        KDK_TRY(check_place(options.manifest));
        output.hash_blocks(manifest_block(kept.count() * facts.page_size));
    }
    KDK_ASSIGN(auto writer, format::KdumpWriter::begin(output, facts, memory, kept));
    if (options.share_duplicates)
        writer.share_duplicates(same_in_file(output));
    Progress progress = progress_line(options, "reassemble", kept.count() * facts.page_size);
    Reassembly whole(kept, writer, [&]() -> Result<> {
        progress.update(writer.pages_written() * facts.page_size);
        return stop_if_interrupted(output.name());
    });
    bool complete = found.missing.empty();
    Result<> done;
    auto missing = found.missing.begin();
    for (auto part = parts.begin(); done && (part != parts.end() || missing != found.missing.end());) {
        if (missing != found.missing.end() && (part == parts.end() || missing->begin < part->pfns().begin)) {
            done = whole.skip(*missing++);
            continue;
        }
        if (!part->complete()) {
            log.warning("{} says that it is incomplete", part->name());
            complete = false;
        }
        done = whole.copy(*part++);
    }
    complete = complete && whole.faults().none();
    if (done)
        done = complete ? writer.finish() : writer.finish_partial();
    if (!done) {
        (void)writer.abandon();
        if (writer.pages_written() != 0)
            log.warning("{} is incomplete: {} of {} pages can be read", output.name(),
                        writer.pages_written() - whole.lost(), kept.count());
        return done;
    }
    progress.finish();
    for (const std::string& line : whole.faults().lines())
        log.warning("lost: {}", line);
    log.info("{}: {} from {} part{}", output.name(), human_bytes(output.size()), parts.size(),
             parts.size() == 1 ? "" : "s");
    KDK_TRY(output.close());
    KDK_TRY(sync_folder(parent_folder(output.name())).map_error([](Error error) {
        return std::move(error).from(ErrorSide::destination);
    }));
    if (!options.manifest.empty())
        KDK_TRY(write_manifest(options.manifest, output, {"kdump-compressed", false, complete, 0, 0, {}}));
    if (complete)
        return {};
    return fail(
        make_error(
            ErrorKind::corrupt, "reassemble all of", options.output,
            whole.lost() == 0
                ? fmt::format(
                      "a part says that it is incomplete; all of the {} pages that they name are here",
                      kept.count())
                : fmt::format("{} of {} pages are lost; the others are here", whole.lost(), kept.count()))
            .then("find the missing parts, or work with what there is: it can be opened, and is marked "
                  "incomplete")
            .from(ErrorSide::source));
}

} // namespace kdumpkit::dump
