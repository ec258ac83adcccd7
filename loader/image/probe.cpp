// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/image/image.h"

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
    const auto header = ByteReader(file).u32(0x3c);
    return magic_at(file, 0, "MZ") && header && magic_at(file, *header, "PE\0\0"sv);
}

// A UKI (uapi-group.org specification) is a PE program with the kernel in a section named ".linux".
bool is_unified_kernel(Bytes file) {
    if (!is_pe(file))
        return false;
    const ByteReader reader(file);
    const std::uint64_t header = *reader.u32(0x3c);
    const std::uint64_t sections = reader.u16(header + 6).value_or(0);
    const std::uint64_t table = header + 24 + reader.u16(header + 20).value_or(0);
    for (std::uint64_t i = 0; i < sections && i < 96; ++i)
        if (magic_at(file, table + i * 40, ".linux\0\0"sv))
            return true;
    return false;
}

bool is_compressed(Bytes file) {
    return magic_at(file, 0, "\x1f\x8b"sv) ||
           magic_at(file, 0,
                    "\xfd"
                    "7zXZ\0"sv) ||
           magic_at(file, 0, "\x28\xb5\x2f\xfd"sv) || magic_at(file, 0, "BZh");
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
constexpr std::array<Probe, 12> probes{{
    {ImageFormat::empty, [](Bytes f) { return f.empty(); }, "an empty file",
     "install the kernel package again"},
    {ImageFormat::bzimage, is_bzimage, "a bzImage", ""},
    {ImageFormat::elf,
     [](Bytes f) {
         return magic_at(f, 0,
                         "\x7f"
                         "ELF");
     },
     "an ELF file (a vmlinux or a program)", give_bzimage},
    {ImageFormat::arm64_image, [](Bytes f) { return magic_at(f, 56, "ARM\x64"); }, "an arm64 kernel Image",
     "give a kernel of this machine's architecture"},
    {ImageFormat::riscv_image, [](Bytes f) { return magic_at(f, 56, "RSC\x05"); }, "a RISC-V kernel Image",
     "give a kernel of this machine's architecture"},
    {ImageFormat::efi_zboot, [](Bytes f) { return magic_at(f, 0, "MZ") && magic_at(f, 4, "zimg"); },
     "an EFI zboot kernel", give_bzimage},
    {ImageFormat::unified_kernel, is_unified_kernel, "a unified kernel image (UKI)",
     "give the kernel inside it: objcopy -O binary --only-section=.linux UKI vmlinuz"},
    {ImageFormat::efi_program, is_pe, "an EFI program without a Linux kernel", give_bzimage},
    {ImageFormat::compressed, is_compressed, "a compressed file (gzip, xz, zstd or bzip2)", give_bzimage},
    {ImageFormat::initramfs, [](Bytes f) { return magic_at(f, 0, "070701") || magic_at(f, 0, "070702"); },
     "an initramfs (cpio archive)", "give it as --initrd, and the kernel as --kernel"},
    {ImageFormat::text, is_text, "a text file", give_bzimage},
    {ImageFormat::unknown, [](Bytes) { return true; }, "of no known kernel format", give_bzimage},
}};

} // namespace

ImageFormat probe_image(Bytes file) {
    return std::ranges::find_if(probes, [&](const Probe& probe) { return probe.matches(file); })->format;
}

std::string_view describe(ImageFormat format) {
    return std::ranges::find(probes, format, &Probe::format)->description;
}

std::string_view advice(ImageFormat format) {
    return std::ranges::find(probes, format, &Probe::format)->advice;
}

} // namespace kdumpkit::loader
