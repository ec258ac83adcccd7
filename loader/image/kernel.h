// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/range.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::loader {

// Where a vmlinux can be entered in 32-bit mode, from its Xen notes (Xen's docs/misc/pvh.pandoc).
struct PvhEntry {
    std::uint64_t address = 0; // physical, of a kernel that lies where it was linked
    // Newer kernels say where else they may lie, as a whole (XEN_ELFNOTE_PHYS32_RELOC).
    std::uint64_t alignment = 0; // a power of two; 0: only where it was linked
    Range places = {};
    friend bool operator==(const PvhEntry&, const PvhEntry&) = default;
};

// A kernel that an x86_64 machine can be made to run, from a bzImage or an ELF vmlinux. Sizes in bytes.
// `content` points into the file's bytes, which must outlive this, or into `storage`.
struct Kernel {
    std::string_view kind;                // "bzImage", "ELF vmlinux"
    std::vector<std::byte> setup_header;  // for the zero page, from its offset 0x1f1 on
    Bytes content;                        // what is loaded, from the load address on
    std::optional<std::uint64_t> entry64; // from the load address; a vmlinux may have `pvh` only
    bool relocatable = false;             // otherwise it runs at pref_address only
    bool can_be_above_4g = false;
    bool handles_5level = false; // may be entered with 5-level paging on; of a vmlinux only assumed
    std::uint64_t alignment = 0; // of the load address, a power of two
    std::uint64_t pref_address =
        0;                       // where it runs when it is not relocatable, and the lowest address it uses
    std::uint64_t init_size = 0; // memory it needs from its load address before it looks at the memory map
    std::uint64_t cmdline_size = 0; // longest command line without its NUL
    std::uint16_t protocol = 0;     // of the boot protocol, 0x020f is 2.15; 0 for a vmlinux
    std::optional<PvhEntry> pvh;    // of a vmlinux
    std::string version;            // "6.1.0-56-cloud-amd64 (...) #1 SMP ...", may be empty
    std::shared_ptr<const std::vector<std::byte>> storage;

    static constexpr std::size_t header_offset = 0x1f1; // of setup_header in the zero page
};

} // namespace kdumpkit::loader
