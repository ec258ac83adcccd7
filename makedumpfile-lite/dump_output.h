// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "makedumpfile-lite/dump_job.h"
#include "makedumpfile-lite/format/destination.h"
#include "makedumpfile-lite/format/dump_writer.h"
#include "makedumpfile-lite/format/elf_plan.h"
#include "makedumpfile-lite/options.h"
#include "makedumpfile-lite/summary.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace kdumpkit::dump {

// Bytes of a file that may lie in the page cache: a sixteenth of this machine's memory.
std::uint64_t page_cache_limit();

// What the command line names to write to: a file at offsets, standard output, or a file or standard output
// that takes flattened records. `path` "-" is standard output. Of a dry run: something that counts the same
// bytes and stores none.
Result<std::unique_ptr<format::Destination>> open_destination(const Options& options,
                                                              const std::string& path);

// Where a dump goes: one file or stream, or the parts of a split dump.
class DumpOutput {
  public:
    static Result<DumpOutput> open(const Options& options);

    // All of the dump. What a failure leaves behind is told to the log; the errors of writing carry
    // ErrorSide::destination. One part of a split dump that fails is no reason to lose the others: these are
    // written, and the first failure is returned.
    Result<> write(const DumpJob& job, Summary& summary);
    // Forgets what a failed write() left, so that a smaller dump can be tried; an error when it cannot.
    Result<> restart();
    // What a dry run found: how many bytes each file would get, and where they would not fit.
    void report_sizes(const DumpJob& job, Summary& summary) const;

  private:
    struct Part {
        format::Destination* destination;
        Range pfns;
        std::string manifest; // where it is to be written; empty: nowhere
    };
    Result<> write_split(const DumpJob& job, Progress& progress, Summary& summary);
    Result<> write_part(const DumpJob& job, const Part& part, const PageSet& pages,
                        format::DumpWriter& writer, Progress& progress, Summary& summary);

    std::vector<std::unique_ptr<format::Destination>> destinations_;
    std::uint64_t progressed_ = 0; // pages, over all parts
};

} // namespace kdumpkit::dump
