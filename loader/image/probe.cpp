// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/image/decompress.h"
#include "loader/image/image.h"
#include "loader/image/pe.h"

#include <algorithm>
#include <array>

namespace kdumpkit::loader {

namespace {

bool magic_at(Bytes file, std::size_t offset, std::string_view magic) {
    return file.size() >= offset + magic.size() && as_text(file.subspan(offset, magic.size())) == magic;
}

using namespace std::string_view_literals;

bool is_bzimage(Bytes file) {
    return magic_at(file, 0x1fe, "\x55\xaa"sv) && magic_at(file, 0x202, "HdrS");
}

bool is_pe(Bytes file) {
    return pe_sections(file).has_value();
}

// A UKI (uapi-group.org specification) is a PE program with the kernel in a section named ".linux".
bool is_unified_kernel(Bytes file) {
    const auto sections = pe_sections(file);
    return sections && std::ranges::find(*sections, ".linux", &PeSection::name) != sections->end();
}

// The first bytes of a bzImage with an EFI stub, too.
bool is_truncated_pe(Bytes file) {
    const auto sections = pe_sections(file);
    return sections && !std::ranges::all_of(*sections, &PeSection::whole);
}

bool is_compressed(Bytes file) {
    return probe_compression(file).has_value();
}

bool is_text(Bytes file) {
    const Bytes start = file.first(std::min<std::size_t>(file.size(), 256));
    return std::ranges::all_of(start, [](std::byte b) {
        const auto c = std::to_integer<unsigned char>(b);
        return (c >= 0x20 && c != 0x7f) || c == '\n' || c == '\r' || c == '\t';
    });
}

struct Probe {
    ImageFormat format;
    bool (*matches)(Bytes file);
    std::string_view description;
    std::string_view advice;
};

constexpr std::string_view give_bzimage = "give the bzImage, for instance /boot/vmlinuz-$(uname -r)";

// The first match wins, so the more specific comes first: a bzImage with an EFI stub and an arm64 Image are
// PE programs too. Magic numbers: Documentation/arch/{x86,arm64,riscv}, drivers/firmware/efi/libstub/zboot.
constexpr std::array<Probe, 18> probes{{
    {ImageFormat::empty, [](Bytes f) { return f.empty(); }, "an empty file",
     "install the kernel package again"},
    {ImageFormat::bzimage, is_bzimage, "a bzImage", ""},
    {ImageFormat::elf,
     [](Bytes f) {
         return magic_at(f, 0,
                         "\x7f"
                         "ELF");
     },
     "an ELF file", give_bzimage},
    {ImageFormat::arm64_image, [](Bytes f) { return magic_at(f, 56, "ARM\x64"); }, "an arm64 kernel Image",
     "give a kernel of this machine's architecture"},
    {ImageFormat::riscv_image, [](Bytes f) { return magic_at(f, 56, "RSC\x05"); }, "a RISC-V kernel Image",
     "give a kernel of this machine's architecture"},
    {ImageFormat::efi_zboot, [](Bytes f) { return magic_at(f, 0, "MZ") && magic_at(f, 4, "zimg"); },
     "an EFI zboot kernel", give_bzimage},
    {ImageFormat::unified_kernel, is_unified_kernel, "a unified kernel image (UKI)",
     "give the kernel inside it: objcopy -O binary --only-section=.linux UKI vmlinuz"},
    {ImageFormat::truncated_program, is_truncated_pe, "a truncated kernel or EFI program",
     "copy the file again, or install the kernel package again"},
    {ImageFormat::efi_program, is_pe, "an EFI program without a Linux kernel", give_bzimage},
    {ImageFormat::compressed, is_compressed, "a compressed file", give_bzimage},
    {ImageFormat::initramfs, [](Bytes f) { return magic_at(f, 0, "070701") || magic_at(f, 0, "070702"); },
     "an initramfs (cpio archive)", "give it as --initrd, and the kernel as --kernel"},
    {ImageFormat::tar, [](Bytes f) { return magic_at(f, 257, "ustar"); }, "a tar archive",
     "unpack it, and give the bzImage inside"},
    {ImageFormat::package,
     [](Bytes f) { return magic_at(f, 0, "!<arch>\n") || magic_at(f, 0, "\xed\xab\xee\xdb"); },
     "a package or an archive (deb, rpm, ar)", "unpack it (dpkg -x, rpm2cpio), and give the bzImage inside"},
    {ImageFormat::device_tree, [](Bytes f) { return magic_at(f, 0, "\xd0\x0d\xfe\xed"); },
     "a device tree (dtb) or a FIT image", give_bzimage},
    {ImageFormat::script, [](Bytes f) { return magic_at(f, 0, "#!"); }, "a script", give_bzimage},
    {ImageFormat::text, is_text, "a text file", give_bzimage},
    {ImageFormat::x86_boot_sector, [](Bytes f) { return magic_at(f, 0x1fe, "\x55\xaa"sv); },
     "an x86 boot sector or a kernel older than Linux 2.0", give_bzimage},
    {ImageFormat::unknown, [](Bytes) { return true; }, "of no known kernel format", give_bzimage},
}};

} // namespace

ImageFormat probe_image(Bytes file) {
    return std::ranges::find_if(probes, [&](const Probe& probe) { return probe.matches(file); })->format;
}

std::string_view describe(ImageFormat format) {
    return std::ranges::find(probes, format, &Probe::format)->description;
}

bool is_damaged(ImageFormat format) {
    return format == ImageFormat::empty || format == ImageFormat::truncated_program;
}

std::string_view advice(ImageFormat format) {
    return std::ranges::find(probes, format, &Probe::format)->advice;
}

} // namespace kdumpkit::loader
