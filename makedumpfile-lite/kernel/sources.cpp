// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/sources.h"

#include "base/file.h"

namespace kdumpkit::dump {

Result<KernelSources> read_kernel_sources(const KernelFiles& files) {
    constexpr std::size_t largest_text = std::size_t{1} << 20;
    KernelSources sources;
    if (!files.layout.empty()) {
        sources.layout_name = files.layout;
        if (auto text = read_text(files.layout, largest_text))
            sources.layout = std::move(*text);
        else
            sources.warnings.push_back(text.error().message() + "; going on without it");
    }
    if (!files.vmcoreinfo.empty()) {
        KDK_ASSIGN(sources.vmcoreinfo, read_text(files.vmcoreinfo, largest_text));
    }
    if (!files.vmlinux.empty()) {
        KDK_ASSIGN(sources.vmlinux, Vmlinux::open(files.vmlinux));
    }
    return sources;
}

} // namespace kdumpkit::dump
