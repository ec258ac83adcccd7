// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/begun_dump.h"

#include "makedumpfile-lite/format/elf_writer.h"
#include "makedumpfile-lite/format/stream_writer.h"
#include "makedumpfile-lite/page_test.h"
#include "makedumpfile-lite/same_page.h"

#include <algorithm>
#include <utility>

namespace kdumpkit::dump {

namespace {

// Memory of which all that should be there is: what was lost must not read as zero, as pages do that were
// left out.
PageSet without_lost(const PageSet& memory, const PageSet& promised, const PageSet& present) {
    PageSet left(memory.limit());
    for (auto pfn = memory.next(0); pfn; pfn = memory.next(*pfn)) {
        const std::uint64_t end = memory.end_of_run(*pfn);
        left.insert(*pfn, end);
        *pfn = end;
    }
    for (auto pfn = promised.next(0); pfn; pfn = promised.next(*pfn)) {
        const auto there = present.next(*pfn);
        if (there == pfn) {
            *pfn = present.end_of_run(*pfn);
            continue;
        }
        const std::uint64_t end = std::min(promised.end_of_run(*pfn), there.value_or(promised.limit()));
        left.erase(*pfn, end);
        *pfn = end;
    }
    return left;
}

} // namespace

Result<Begun> begin_kdump(const DumpJob& job, format::Destination& destination, const Range& pfns) {
    format::KdumpFacts facts = job.facts;
    if (job.options.split) {
        facts.part = pfns;
        // Once in the whole dump: makedumpfile --reassemble puts those of all parts together.
        if (pfns.begin != 0)
            facts.eraseinfo.clear();
    }
    const PageSet& kept = job.selection.kept;
    const std::uint64_t limit = std::max(job.selection.memory.limit(), kept.limit());
    KDK_ASSIGN(const auto geometry, format::plan_kdump(facts, limit, kept.count()));
    const bool size_known = job.options.compression.algorithm == Algorithm::none &&
                            !job.pipeline.share_zero_pages && !job.pipeline.hash_pages;
    KDK_TRY(destination.check_room(geometry.data - geometry.descriptors +
                                   (size_known ? kept.count(pfns.begin, pfns.end) * facts.page_size : 0)));
    KDK_ASSIGN(auto writer, format::KdumpWriter::begin(destination, facts, job.selection.memory, kept));
    if (job.pipeline.hash_pages)
        writer.share_duplicates(same_in_image(job.image, facts.page_size));
    auto owned = std::make_unique<format::KdumpWriter>(std::move(writer));
    format::KdumpWriter* kdump = owned.get();
    return Begun{std::move(owned), kdump};
}

Result<Begun> begin_elf(const DumpJob& job, format::Destination& destination, const format::ElfPlan& plan) {
    format::ElfFacts facts;
    facts.machine = job.image.elf_machine();
    facts.page_size = job.facts.page_size;
    facts.notes = job.facts.notes;
    facts.vmcoreinfo = job.facts.vmcoreinfo;
    facts.eraseinfo = job.facts.eraseinfo;
    facts.mappings = job.source.mappings();
    if (facts.mappings.empty() && facts.machine == EM_X86_64)
        facts.mappings = format::image_mapping(job.facts.vmcoreinfo);
    if (!job.pipeline.share_zero_pages)
        KDK_TRY(destination.check_room(plan.pages.count() * facts.page_size));
    KDK_ASSIGN(auto writer, format::ElfWriter::begin(destination, facts, plan));
    return Begun{std::make_unique<format::ElfWriter>(std::move(writer)), nullptr};
}

Result<Begun> begin_stream(const DumpJob& job, format::Destination& destination) {
    KDK_ASSIGN(auto writer,
               format::StreamWriter::begin(destination, job.facts, job.selection.memory, job.selection.kept,
                                           static_cast<std::uint32_t>(job.pipeline.frame_pages),
                                           job.pipeline.compression.level));
    return Begun{std::make_unique<format::StreamWriter>(std::move(writer)), nullptr};
}

format::ElfPlan plan_core(const DumpJob& job) {
    const PageSet& memory = job.selection.memory;
    const PageSet* present = job.source.present();
    if (present == nullptr)
        return format::plan_elf(job.selection.kept, memory, memory);
    if (!job.source.truncated())
        return format::plan_elf(job.selection.kept, memory, *present);
    return format::plan_elf(job.selection.kept, without_lost(memory, promised_pages(job.source), *present),
                            *present);
}

} // namespace kdumpkit::dump
