// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "admin/line_edits.h"

#include <string_view>

namespace kdumpkit::admin {

// Pure: files of boot loaders that are no shell's, with `parameter` as the only crashkernel= words of each
// kernel's command line.

// A type 1 entry of the Boot Loader Specification: its options lines make one command line. Where it starts
// a kernel and has none, a line is added.
LineEdits edit_boot_entry(std::string_view text, std::string_view parameter);
FindWords words_of_boot_entry();

// extlinux.conf: each append line is one command line, and a label with a kernel and without such a line gets
// one, unless those of the whole file reach it.
LineEdits edit_extlinux(std::string_view text, std::string_view parameter);
FindWords words_of_extlinux();

// /etc/kernel/cmdline: all its lines make one command line.
LineEdits edit_kernel_cmdline(std::string_view text, std::string_view parameter);
FindWords words_of_kernel_cmdline();

} // namespace kdumpkit::admin
