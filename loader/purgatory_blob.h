// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "loader/elfcorehdr.h"
#include "loader/purgatory/sha256.h"

#include <optional>
#include <string>
#include <vector>

namespace kdumpkit::loader {

// A loaded piece that the purgatory must find unchanged.
struct Guarded {
    std::string name;          // at most 15 bytes are kept
    std::uint64_t address = 0; // physical
    Bytes content;
};

// What the purgatory will compute with its own code, here by the processor's instructions.
Sha256Digest sha256(Bytes bytes);

// Bytes that the purgatory takes; the same before and after filling it in.
std::uint64_t purgatory_size();

// Physical addresses.
struct NewKernel {
    std::uint64_t entry = 0, boot_params = 0;
    // Of 16 digits that get the address at which the running kernel takes over again; 0: it does not.
    std::uint64_t return_digits = 0;
    std::uint64_t page_tables = 0; // that the kernel is entered with; 0: those of the running kernel
    bool pvh = false;              // the entry is a PVH entry, and boot_params the start info
};

// The position-independent code, filled in. Its entry is its first byte.
Result<std::vector<std::byte>> build_purgatory(const NewKernel& kernel, const std::optional<Backup>& backup,
                                               const std::vector<Guarded>& guarded);

} // namespace kdumpkit::loader
