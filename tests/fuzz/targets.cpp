// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/fuzz/target.h"

#include <array>

namespace kdumpkit::fuzz {

// Each in the file of its name.
extern const Target btf;
extern const Target elf_vmcore;
extern const Target erase_config;
extern const Target filter;
extern const Target flattened_file;
extern const Target kallsyms;
extern const Target kdump_file;
extern const Target kernel_image;
extern const Target notes;
extern const Target options;
extern const Target printk;
extern const Target stream;
extern const Target vmcoreinfo;

std::span<const Target* const> targets() {
    static constexpr std::array all = {
        // clang-format off
        &btf,
        &elf_vmcore,
        &erase_config,
        &filter,
        &flattened_file,
        &kallsyms,
        &kdump_file,
        &kernel_image,
        &notes,
        &options,
        &printk,
        &stream,
        &vmcoreinfo,
        // clang-format on
    };
    return all;
}

} // namespace kdumpkit::fuzz
