// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <vector>

namespace kdumpkit::initramfs {

// A program or shared library without what only debuggers and linkers read: everything behind the last byte
// that a program header names, and the section headers. What the kernel and ld.so use (program headers, the
// dynamic segment, notes) is untouched, at its old offset. Something that is not a 64-bit little-endian ELF
// program or library, or is shaped unusually (headers behind the segments), is returned as it is. Not for
// kernel modules: the kernel loads those by their sections and checks a signature over the whole file.
std::vector<std::byte> strip(std::vector<std::byte> program);

} // namespace kdumpkit::initramfs
