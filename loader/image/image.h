// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <string>
#include <string_view>

namespace kdumpkit::loader {

// What a file that should be a kernel turned out to be.
enum class ImageFormat {
    bzimage,
    empty,
    elf,
    compressed,
    arm64_image,
    riscv_image,
    efi_zboot,
    unified_kernel,
    truncated_program,
    efi_program,
    initramfs,
    tar,
    package,
    device_tree,
    script,
    text,
    x86_boot_sector,
    unknown
};

// By magic bytes only, first match of one table; never fails.
ImageFormat probe_image(Bytes file);
// "an ELF file", "a gzip-compressed file", ...: for messages.
std::string_view describe(ImageFormat format);
// The file ends before what its own header promises.
bool is_damaged(ImageFormat format);
// The advice that belongs to it; empty when there is none.
std::string_view advice(ImageFormat format);

} // namespace kdumpkit::loader
