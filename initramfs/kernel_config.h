// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "initramfs/cpio.h"
#include "initramfs/root.h"

#include <optional>
#include <string>
#include <string_view>

namespace kdumpkit::initramfs {

// What a kernel's build configuration says about being a capture kernel. Source: usr/Kconfig, init/Kconfig
// and fs/proc/Kconfig of Linux.
struct KernelConfig {
    bool initrd = false;                                          // CONFIG_BLK_DEV_INITRD
    bool vmcore = false;                                          // CONFIG_PROC_VMCORE
    bool gzip = false, bzip2 = false, lzma = false, zstd = false; // CONFIG_RD_…: it unpacks these
};

// The text of a config file; `invalid` when there is not one CONFIG_ line in it.
Result<KernelConfig> parse_kernel_config(std::string_view text, const std::string& name);

// The best packing that the kernel unpacks and libarchive writes in a form the kernel understands: zstd,
// gzip, lzma, bzip2, none. Not xz: libarchive writes CRC64 checks, the kernel's lib/xz only knows CRC32. Not
// lz4: the kernel wants the legacy frame. Nothing known about the kernel (nullopt): none, which every kernel
// takes.
Packing choose_packing(const std::optional<KernelConfig>& config);

// The config of kernel `release` in `root`: /boot/config-RELEASE, /usr/lib/modules/RELEASE/config, or for the
// running kernel /proc/config.gz. nullopt when there is none; an unreadable one is an error.
Result<std::optional<KernelConfig>> find_kernel_config(const Root& root, const std::string& release);

} // namespace kdumpkit::initramfs
