// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/block_test.h"
#include "makedumpfile-lite/kernel/data.h"
#include "makedumpfile-lite/kernel/percpu.h"
#include "makedumpfile-lite/self_check.h"
#include "makedumpfile-lite/unused_map.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace kdumpkit::dump {

// The free pages that CPUs hold on lists of their own, each block checked against the memory map. Lists are
// walked anew each time: large machines hold an eighth of their memory there (Linux 6.7, 90b41691b988), too
// much to remember.
class FreeLists {
  public:
    // `sections`: whose struct pages may be believed. All outlive this.
    FreeLists(const Image& image, const Kernel::Data& kernel, const std::vector<MapSection>& sections,
              BlockTest& test);

    struct Found {
        PerCpuWalk walk;
        FoundLists lists;
    };
    Found count(std::uint64_t most_pages);
    // Each block whose struct pages agree that it is free, in pfns.
    void each(std::uint64_t most_pages, const std::function<void(const Range&)>& block);

  private:
    PerCpuWalk walk(std::uint64_t most_pages, const std::function<void(const FreeBlock&)>& block);
    std::optional<Range> free_block(const FreeBlock& block);

    const Kernel::Data& kernel_;
    const PageLayout& layout_;
    const std::vector<MapSection>& sections_;
    bool ascending_; // sections_, by address, as with CONFIG_SPARSEMEM_VMEMMAP
    BlockTest& test_;
    VirtualMemory memory_;
};

} // namespace kdumpkit::dump
