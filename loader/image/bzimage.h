// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <cstdint>
#include <string>

namespace kdumpkit::loader {

// What the setup header of an x86 kernel says (Documentation/arch/x86/boot.rst). Sizes in bytes.
// The spans point into the file's bytes, which must outlive this.
struct BzImage {
    Bytes setup_header;     // from offset 0x1f1 to the header's own end
    Bytes protected_mode;   // what is loaded; 64-bit entry is at its start + 0x200
    std::uint16_t protocol; // 0x020f is 2.15
    bool relocatable;
    bool can_be_above_4g;       // XLF_CAN_BE_LOADED_ABOVE_4G
    bool handles_5level;        // XLF_5LEVEL: may be entered with 5-level paging on
    std::uint32_t alignment;    // kernel_alignment, a power of two
    std::uint64_t pref_address; // where it runs when it is not relocatable, and the lowest address it uses
    std::uint32_t init_size;    // memory it needs from its load address before it looks at the memory map
    std::uint32_t cmdline_size; // longest command line without its NUL
    std::string version;        // "6.1.0-56-cloud-amd64 (...) #1 SMP ...", may be empty

    static constexpr std::uint64_t entry64 = 0x200; // from the load address
    static constexpr std::size_t header_offset = 0x1f1;
};

// `file` is the whole kernel file; `name` is for messages. Errors: `invalid` when it is some other sort of
// file (named), `unsupported` for a kernel without a 64-bit entry, `corrupt` when it is truncated or its
// header contradicts itself.
Result<BzImage> parse_bzimage(Bytes file, const std::string& name);

} // namespace kdumpkit::loader
