// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/range.h"
#include "loader/iomem.h"

#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::loader {

// The memory that crashkernel= set aside at boot.
struct Reservation {
    // The one that kexec accepts segments in: the highest. With crashkernel=...,high the kernel adds a low
    // one (crashk_low_res, arch/x86/kernel/setup.c) that only gives the capture kernel memory for 32-bit
    // devices.
    Range main;
    std::vector<Range> all; // ascending, `main` included
    RangeSet cma;           // crashkernel=...,cma: shared with the running kernel, usable after the panic

    // What the capture kernel may run out of, for people; empty: nothing.
    [[nodiscard]] std::string warning() const;
    [[nodiscard]] std::uint64_t total() const;
    // All of it: what must not be in the dump.
    [[nodiscard]] RangeSet ranges() const;
};

// `absent`, with how to get one, when nothing is reserved; `corrupt` when a part of it is not System RAM.
Result<Reservation> find_reservation(const std::vector<IomemEntry>& iomem, std::string_view crash_size,
                                     std::string_view command_line, std::string_view cma_ranges);

} // namespace kdumpkit::loader
