// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace kdumpkit::initramfs {

enum class EntryType { folder, file, link, char_device };

// One thing in the initramfs, owned by root, with no times.
struct Entry {
    std::string path; // absolute inside the initramfs
    EntryType type = EntryType::file;
    unsigned mode = 0644;           // permission bits
    std::vector<std::byte> content; // of a file
    std::string link;               // where a link points
    unsigned major = 0, minor = 0;  // of a device
};

} // namespace kdumpkit::initramfs
