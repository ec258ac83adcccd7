// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/placed_info.h"

#include "base/bytes.h"
#include "makedumpfile-lite/kernel/vmcoreinfo.h"
#include "makedumpfile-lite/kernel/vmcoreinfo_text.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <elf.h>
#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

// Linux, Documentation/arch/x86/x86_64/mm.rst: the kernel image is mapped in the topmost 2 GiB, of which
// KASLR uses one. It moves in steps of CONFIG_PHYSICAL_ALIGN, at least 2 MiB.
constexpr std::uint64_t kernel_map = 0xffffffff80000000;
constexpr std::uint64_t step = std::uint64_t{2} << 20;
constexpr std::uint64_t farthest = std::uint64_t{1} << 30;

// A line SYMBOL(name)=address with its address moved. What lies outside the kernel image (per-CPU offsets)
// does not move with it.
std::string moved(std::string_view line, std::uint64_t slide) {
    const std::size_t equals = line.find('=');
    std::uint64_t address = 0;
    if (!line.starts_with("SYMBOL(") || equals == std::string_view::npos ||
        std::from_chars(line.data() + equals + 1, line.data() + line.size(), address, 16).ec != std::errc() ||
        address < kernel_map)
        return std::string(line);
    return fmt::format("{}={:x}", line.substr(0, equals), address + slide);
}

} // namespace

Result<std::string> place_vmcoreinfo(std::string_view text, const Image& image) {
    const VmcoreInfo info = VmcoreInfo::parse(text);
    if (info.number("phys_base"))
        return std::string(text);
    const auto refuse = [&](ErrorKind kind, std::string reason, std::string next) {
        return fail(make_error(kind, "find out where the kernel was in", image.name(), std::move(reason))
                        .then(std::move(next))
                        .from(ErrorSide::source));
    };
    const auto mappings = image.mappings();
    const auto kernel = std::find_if(mappings.begin(), mappings.end(),
                                     [](const VirtualSegment& one) { return one.vaddr >= kernel_map; });
    if (image.elf_machine() != EM_X86_64 || kernel == mappings.end())
        return refuse(ErrorKind::absent,
                      "it has no segment of the kernel's text, and the VMCOREINFO that was given is of a "
                      "kernel that does not run: it lacks NUMBER(phys_base)",
                      "give VMCOREINFO with SYMBOL addresses, KERNELOFFSET and NUMBER(phys_base) as the "
                      "kernel had them, or use -d 1, which needs none");
    const auto linked = info.symbol("_stext");
    if (!linked)
        return refuse(ErrorKind::absent, "the VMCOREINFO that was given lacks SYMBOL(_stext)",
                      "write one with makedumpfile-lite -g FILE -x VMLINUX");
    const std::uint64_t slide = kernel->vaddr - (*linked & ~(step - 1));
    if (slide % step != 0 || slide >= farthest)
        return refuse(ErrorKind::invalid,
                      fmt::format("its kernel was at 0x{:x}, and that of the given VMCOREINFO is linked to "
                                  "0x{:x}: KASLR does not move it so far",
                                  kernel->vaddr, *linked),
                      "give that of the kernel that crashed");
    std::string placed;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        placed += moved(text.substr(begin, end - begin), slide) + '\n';
        begin = end + 1;
    }
    const std::uint64_t phys_base = kernel->paddr - (kernel->vaddr - kernel_map);
    return placed + fmt::format("KERNELOFFSET={:x}\nNUMBER(phys_base)={}\n", slide,
                                static_cast<std::int64_t>(phys_base));
}

Result<> place_sources(KernelSources& sources, const Image& image) {
    if (!image.vmcoreinfo().empty())
        return {};
    std::string text = std::exchange(sources.vmcoreinfo, {});
    if (text.empty() && sources.vmlinux)
        text = vmcoreinfo_text(sources.vmlinux->identity(), sources.vmlinux->types(),
                               sources.vmlinux->symbols(vmcoreinfo_symbols()));
    if (text.empty())
        return {};
    KDK_ASSIGN(sources.vmcoreinfo, place_vmcoreinfo(text, image));
    return {};
}

} // namespace kdumpkit::dump
