// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/sources.h"

#include "base/file.h"
#include "makedumpfile-lite/kernel/vmcoreinfo.h"

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
        if (sources.layout.empty() && sources.warnings.empty())
            sources.warnings.push_back(files.layout + " is empty; going on without it");
    }
    if (!files.vmcoreinfo.empty()) {
        const char* const make_one =
            "write one with makedumpfile-lite -g FILE -x VMLINUX, or leave -i out: most "
            "images have their own";
        auto text = read_text(files.vmcoreinfo, largest_text);
        if (!text)
            return fail(Error(text.error()).then(make_one));
        if (!VmcoreInfo::parse(*text).text("OSRELEASE"))
            return fail(make_error(ErrorKind::corrupt, "use", files.vmcoreinfo,
                                   "it is no VMCOREINFO: it names no kernel (OSRELEASE)")
                            .then(make_one));
        sources.vmcoreinfo = std::move(*text);
    }
    if (!files.vmlinux.empty()) {
        auto opened = Vmlinux::open(files.vmlinux);
        if (!opened && opened.error().next_step.empty())
            return fail(Error(opened.error())
                            .then("name the vmlinux of the kernel's debug package, or leave -x out"));
        KDK_ASSIGN(sources.vmlinux, std::move(opened));
    }
    return sources;
}

} // namespace kdumpkit::dump
