// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "makedumpfile-lite/kernel/sources.h"
#include "makedumpfile-lite/source/image.h"

#include <string>
#include <string_view>

namespace kdumpkit::dump {

// VMCOREINFO of a kernel as it was linked (-g writes it) moved to where the kernel of `image` ran: symbols by
// the offset of KASLR, with KERNELOFFSET and NUMBER(phys_base), both found by the segment of the kernel's
// text. One that tells phys_base is of a running kernel and stays as it is. An image that does not say where
// its kernel was is `absent`, one where this kernel cannot have been `invalid`. Pure.
Result<std::string> place_vmcoreinfo(std::string_view text, const Image& image);

// For an image without VMCOREINFO: `sources` get one, made of what was given with -i or else of the vmlinux,
// in its place; none when it has no place.
Result<> place_sources(KernelSources& sources, const Image& image);

} // namespace kdumpkit::dump
