// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/image/bzimage.h"

#include "base/range.h"
#include "loader/image/image.h"
#include "loader/image/pe.h"

#include <bit>

#include <fmt/format.h>

namespace kdumpkit::loader {

namespace {

// Offsets in the file, the same as in the zero page.
constexpr std::uint64_t setup_sects_at = 0x1f1, syssize_at = 0x1f4, jump_at = 0x201, version_at = 0x206,
                        kernel_version_at = 0x20e, alignment_at = 0x230, relocatable_at = 0x234,
                        xloadflags_at = 0x236, cmdline_size_at = 0x238, payload_offset_at = 0x248,
                        payload_length_at = 0x24c, pref_address_at = 0x258, init_size_at = 0x260;
constexpr std::uint16_t xlf_kernel_64 = 1, xlf_above_4g = 2, xlf_5level = 32;
constexpr std::uint64_t entry64 = 0x200; // from where the code is loaded
// Far above any kernel: a header that claims more is lying.
constexpr std::uint32_t largest_init_size = 1U << 30;
constexpr std::uint32_t largest_alignment = 1U << 30;

Error corrupt(const std::string& name, std::string reason) {
    return make_error(ErrorKind::corrupt, "use the kernel", name, std::move(reason))
        .then("install the kernel package again, or copy the file again");
}

Result<> check_sizes(const Kernel& image, Bytes all, const std::string& name) {
    const ByteReader file(all);
    const std::uint64_t file_size = all.size();
    const std::uint64_t setup = file_size - image.content.size();
    const std::uint64_t promised = setup + std::uint64_t{*file.u32(syssize_at)} * 16;
    if (file_size < promised)
        return fail(
            corrupt(name, fmt::format("it is truncated: its header promises {} bytes, the file has {}",
                                      promised, file_size)));
    const std::uint64_t payload_end =
        std::uint64_t{*file.u32(payload_offset_at)} + *file.u32(payload_length_at);
    if (payload_end > image.content.size())
        return fail(
            corrupt(name, fmt::format("its payload ends at {:#x}, after the end of the image at {:#x}",
                                      payload_end, image.content.size())));
    // The kernel's code is whole then, and kexec_load would take it; who checks signatures would not.
    if (const auto signature = pe_signature(all); signature && signature->end > file_size)
        return fail(corrupt(name, fmt::format("it is truncated inside its signature: {} of {} bytes",
                                              file_size, signature->end)));
    if (image.content.size() <= entry64)
        return fail(corrupt(name, "there is no code after its setup sectors"));
    if (image.init_size < image.content.size() / 2 || image.init_size > largest_init_size)
        return fail(
            corrupt(name, fmt::format("its header claims an init_size of {:#x} for an image of {:#x} bytes",
                                      image.init_size, image.content.size())));
    if (!std::has_single_bit(image.alignment) || image.alignment > largest_alignment)
        return fail(corrupt(name, fmt::format("its header claims an alignment of {:#x}, not a power of two",
                                              image.alignment)));
    if (image.pref_address % 4096 != 0)
        return fail(
            corrupt(name, fmt::format("its preferred address {:#x} is not on a page", image.pref_address)));
    if (image.cmdline_size < 255 || image.cmdline_size > (1U << 20))
        return fail(
            corrupt(name, fmt::format("its header claims command lines of {} bytes", image.cmdline_size)));
    return {};
}

} // namespace

Result<Kernel> parse_bzimage(Bytes file, const std::string& name) {
    if (const ImageFormat format = probe_image(file); format != ImageFormat::bzimage)
        return fail(make_error(is_damaged(format) ? ErrorKind::corrupt : ErrorKind::invalid, "use the kernel",
                               name, fmt::format("it is {}, not an x86 kernel (bzImage)", describe(format)))
                        .then(std::string(advice(format))));

    const ByteReader reader(file);
    // The jump instruction at 0x200 leaps over the header: its operand tells where the header ends.
    const std::uint64_t header_end = 0x202 + std::uint64_t{*reader.u8(jump_at)};
    if (file.size() < version_at + 2U)
        return fail(corrupt(
            name, fmt::format("it is truncated inside its setup header: it has {} bytes", file.size())));
    const std::uint16_t protocol = *reader.u16(version_at);
    if (protocol < 0x020c)
        return fail(
            make_error(ErrorKind::unsupported, "use the kernel", name,
                       fmt::format("it speaks boot protocol {}.{}, which has no 64-bit entry (2.12 has)",
                                   protocol >> 8, protocol & 0xff))
                .then("give a 64-bit kernel of Linux 3.8 or later"));
    // In the zero page the next field after the header is at 0x290.
    if (header_end > file.size())
        return fail(corrupt(name, fmt::format("it is truncated inside its setup header: {} of {} bytes",
                                              file.size(), header_end)));
    if (header_end < init_size_at + 4 || header_end > 0x290)
        return fail(corrupt(name, fmt::format("its setup header ends at {:#x}", header_end)));

    const std::uint16_t flags = *reader.u16(xloadflags_at);
    if ((flags & xlf_kernel_64) == 0)
        return fail(make_error(ErrorKind::unsupported, "use the kernel", name,
                               "it has no 64-bit entry: it is a 32-bit x86 kernel")
                        .then("give a kernel of this machine's architecture"));

    const std::uint8_t sectors = *reader.u8(setup_sects_at);
    const std::uint64_t setup_size = (std::uint64_t{sectors == 0 ? std::uint8_t{4} : sectors} + 1) * 512;
    if (setup_size >= file.size())
        return fail(corrupt(name, fmt::format("it is truncated inside its setup sectors: {} of {} bytes",
                                              file.size(), setup_size)));

    const Bytes header = *reader.slice(Kernel::header_offset, header_end - Kernel::header_offset);
    Kernel image;
    image.kind = "bzImage";
    image.setup_header.assign(header.begin(), header.end());
    image.content = file.subspan(setup_size);
    image.entry64 = entry64;
    image.relocatable = *reader.u8(relocatable_at) != 0;
    image.can_be_above_4g = (flags & xlf_above_4g) != 0;
    image.handles_5level = (flags & xlf_5level) != 0;
    image.alignment = *reader.u32(alignment_at);
    image.pref_address = *reader.u64(pref_address_at);
    image.init_size = *reader.u32(init_size_at);
    image.cmdline_size = *reader.u32(cmdline_size_at);
    image.protocol = protocol;
    KDK_TRY(check_sizes(image, file, name));
    if (const std::uint16_t at = *reader.u16(kernel_version_at); at != 0 && at + 0x200U < setup_size)
        image.version = reader.c_string(at + 0x200U, 256).value_or("");
    return image;
}

} // namespace kdumpkit::loader
