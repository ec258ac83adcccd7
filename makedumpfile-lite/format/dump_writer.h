// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "makedumpfile-lite/format/page_block.h"

#include <cstdint>

namespace kdumpkit::dump::format {

// Writes the pages of one dump in one format. What arrived before a failure can be read, and says that it is
// not all. One thread at a time.
class DumpWriter {
  public:
    virtual ~DumpWriter() = default;
    // The next pages, in the order of their pfns.
    virtual Result<> append(const PageBlock& block) = 0;
    // All pages are there. An error when they are not.
    virtual Result<> finish() = 0;
    // All pages that the source still had are there: as finish(), but the dump goes on saying that it is not
    // whole.
    virtual Result<> finish_partial() = 0;
    // Something failed: makes the best of what arrived.
    virtual Result<> abandon() = 0;
    [[nodiscard]] virtual std::uint64_t pages_written() const = 0;

  protected:
    DumpWriter() = default;
    DumpWriter(DumpWriter&&) = default;
    DumpWriter& operator=(DumpWriter&&) = default;
};

} // namespace kdumpkit::dump::format
