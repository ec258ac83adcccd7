// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/kernel/virtual_memory.h"
#include "makedumpfile-lite/kernel/vmcoreinfo.h"

#include <cstdint>
#include <functional>

namespace kdumpkit::dump {

// Looks for `pattern` at multiples of `alignment` (a power of two) in the kernel's image, in its own mapping
// from _stext on, and asks `accept` about each place (a virtual address) until it says yes. What is not
// mapped is passed over: with page table isolation the kernel unmaps the gaps between its sections. False
// when nothing was accepted. Bounded: 256 MiB, and a few places in each piece.
bool scan_image(VirtualMemory& memory, const VmcoreInfo& info, Bytes pattern, std::size_t alignment,
                const std::function<bool(std::uint64_t)>& accept);

} // namespace kdumpkit::dump
