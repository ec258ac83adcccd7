// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::loader {

// A kernel that an x86_64 machine can be made to run, from a bzImage or an ELF vmlinux. Sizes in bytes.
// `content` points into the file's bytes, which must outlive this, or into `storage`.
struct Kernel {
    std::string_view kind;               // "bzImage", "ELF vmlinux"
    std::vector<std::byte> setup_header; // for the zero page, from its offset 0x1f1 on
    Bytes content;                       // what is loaded, from the load address on
    std::uint64_t entry64 = 0;           // its 64-bit entry, from the load address
    bool relocatable = false;            // otherwise it runs at pref_address only
    bool can_be_above_4g = false;
    bool handles_5level = false; // may be entered with 5-level paging on; of a vmlinux only assumed
    std::uint64_t alignment = 0; // of the load address, a power of two
    std::uint64_t pref_address =
        0;                       // where it runs when it is not relocatable, and the lowest address it uses
    std::uint64_t init_size = 0; // memory it needs from its load address before it looks at the memory map
    std::uint64_t cmdline_size = 0;         // longest command line without its NUL
    std::uint16_t protocol = 0;             // of the boot protocol, 0x020f is 2.15; 0 for a vmlinux
    std::optional<std::uint64_t> pvh_entry; // physical, from a vmlinux's XEN_ELFNOTE_PHYS32_ENTRY
    std::string version;                    // "6.1.0-56-cloud-amd64 (...) #1 SMP ...", may be empty
    std::shared_ptr<const std::vector<std::byte>> storage;

    static constexpr std::size_t header_offset = 0x1f1; // of setup_header in the zero page
};

} // namespace kdumpkit::loader
