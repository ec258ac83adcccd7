// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"

#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::initramfs {

// What a module says of itself in its .modinfo section (kernel: include/linux/moduleinfo.h, NUL-separated
// KEY=VALUE). Names are normalised, see module_name().
struct ModuleInfo {
    std::vector<std::string> depends; // must be loaded before it
    std::vector<std::string> pre;     // softdep: try before it; module names or aliases
    std::vector<std::string> post;    // softdep: try after it
    std::vector<std::string> aliases; // patterns for fnmatch(3)
};
ModuleInfo parse_modinfo(Bytes section);

// Calls visit(key, value) for each entry. In modules.builtin.modinfo every key has "MODULE." before it.
template<class Visit>
void for_each_modinfo(std::string_view section, Visit visit) {
    while (!section.empty()) {
        const auto end = section.find('\0');
        const std::string_view entry = section.substr(0, end);
        section.remove_prefix(end == std::string_view::npos ? section.size() : end + 1);
        if (const auto equals = entry.find('='); equals != std::string_view::npos)
            visit(entry.substr(0, equals), entry.substr(equals + 1));
    }
}

// "kernel/drivers/block/virtio-blk.ko.xz" or "virtio-blk" to "virtio_blk": the kernel's own name for it.
std::string module_name(std::string_view path_or_name);
// True for a path that ends like a module: ".ko", ".ko.gz", ".ko.xz", ".ko.zst".
bool is_module_path(std::string_view path);
// A path without the suffix of its compression: "x.ko.xz" to "x.ko".
std::string_view without_compression(std::string_view path);
// A modalias or an alias pattern with every "-" outside brackets as "_", as libkmod compares them.
std::string normal_alias(std::string_view alias);

} // namespace kdumpkit::initramfs
