// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/dumps.h"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace kdumpkit::admin {

// What a reservation has to hold. Sizes in bytes.
struct EstimateInputs {
    std::string kernel;              // release, for people
    std::uint64_t kernel_memory = 0; // init_size of the boot protocol
    std::uint64_t initramfs_packed = 0, initramfs_unpacked = 0;
    std::uint64_t modules = 0; // of the files, which are part of what is unpacked
    unsigned cpus = 1;         // that the capture kernel starts
    // What earlier captures took at their worst: MemTotal less the least that was available.
    std::vector<std::uint64_t> measured_peaks;
};
struct EstimateTerm {
    std::string name;
    std::uint64_t bytes = 0;
    std::string why;
};
struct Estimate {
    std::vector<EstimateTerm> terms;
    std::uint64_t needed = 0;      // their sum
    std::uint64_t recommended = 0; // with a margin, a multiple of 16 MiB
    bool measured = false;         // peaks of this machine took the place of what is only reckoned
};
// Pure. With measured peaks the largest of them takes the place of all that happens after the start.
Estimate estimate_reservation(const EstimateInputs& inputs);

// The peaks that captures of a machine with one of the names `hosts` by kernel `release` wrote down; in a
// folder that machines share there are others.
std::vector<std::uint64_t> measured_peaks(const std::vector<Dump>& dumps, const std::string& release,
                                          const std::set<std::string>& hosts);

// `reserved`: what is reserved now, in bytes. Each text ends with a newline.
std::string estimate_text(const Estimate& estimate, const EstimateInputs& inputs, std::uint64_t reserved);
std::string estimate_json(const Estimate& estimate, const EstimateInputs& inputs, std::uint64_t reserved);

} // namespace kdumpkit::admin
