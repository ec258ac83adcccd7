// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/range.h"
#include "makedumpfile-lite/dump_job.h"
#include "makedumpfile-lite/format/destination.h"
#include "makedumpfile-lite/format/dump_writer.h"
#include "makedumpfile-lite/format/elf_plan.h"
#include "makedumpfile-lite/format/kdump_writer.h"

#include <memory>

namespace kdumpkit::dump {

// A dump whose headers are written.
struct Begun {
    std::unique_ptr<format::DumpWriter> writer;
    format::KdumpWriter* kdump = nullptr; // the same, when it is one
};

// A dump that cannot fit is refused before it is begun; errors as the writers have them.
Result<Begun> begin_kdump(const DumpJob& job, format::Destination& destination, const Range& pfns);
Result<Begun> begin_elf(const DumpJob& job, format::Destination& destination, const format::ElfPlan& plan);
Result<Begun> begin_stream(const DumpJob& job, format::Destination& destination);

// What an ELF core of this job's selection holds.
format::ElfPlan plan_core(const DumpJob& job);

} // namespace kdumpkit::dump
