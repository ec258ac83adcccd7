// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "makedumpfile-lite/kernel/byte_stream.h"
#include "makedumpfile-lite/kernel/virtual_memory.h"
#include "makedumpfile-lite/kernel/vmcoreinfo.h"

#include <cstdint>

namespace kdumpkit::dump {

// Where the parts of the kernel's symbol table are: virtual addresses (kernel: scripts/kallsyms.c).
struct KallsymsTables {
    static constexpr std::uint32_t max_symbols = 1U << 22;
    static constexpr std::size_t max_name = 512; // KSYM_NAME_LEN, with the type letter in front

    std::uint32_t count = 0; // symbols
    std::uint64_t names = 0;
    std::uint64_t token_table = 0; // the strings that names are made of
    std::uint64_t token_index = 0; // u16[256]: where each begins
    std::uint64_t offsets = 0;     // s32[count]
    std::uint64_t base = 0;        // what the offsets are relative to; 0 where there is none
};

// As VMCOREINFO names them (6.0 and later, 5fd8fea935a1). Without that: `absent`.
Result<KallsymsTables> kallsyms_from_vmcoreinfo(VirtualMemory& memory, const VmcoreInfo& info);

// Found by what they must look like, for older kernels (4.20 to 5.19, whose parts follow each other in the
// order offsets, base, count, names, markers, tokens, token index, each at a multiple of 8). Nothing is taken
// for granted: all 256 tokens must begin where the index says, and every 256th name where the markers say.
// Otherwise `absent`.
Result<KallsymsTables> kallsyms_by_scan(VirtualMemory& memory, const VmcoreInfo& info);

// How many tokens the next name has; the stream is then at the first one.
Result<std::uint32_t> kallsyms_name_length(ByteStream& stream);

} // namespace kdumpkit::dump
