// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/image/open.h"

#include "loader/image/arm64_image.h"
#include "loader/image/bzimage.h"
#include "loader/image/decompress.h"
#include "loader/image/elf_kernel.h"
#include "loader/image/zboot.h"

#include <fmt/format.h>

namespace kdumpkit::loader {

namespace {

constexpr std::size_t most_wrappings = 4;

std::string in_wrappings(std::string text, const std::vector<std::string>& wrappings) {
    for (auto it = wrappings.rbegin(); it != wrappings.rend(); ++it)
        text += " in " + *it;
    return text;
}

Error not_a_kernel(const UnwrappedImage& image, const std::string& name) {
    const ErrorKind kind = is_damaged(image.format) ? ErrorKind::corrupt : ErrorKind::invalid;
    return make_error(kind, "use the kernel", name,
                      fmt::format("it is {}, not an x86 kernel (bzImage)", image.description()))
        .then(std::string(advice(image.format)));
}

} // namespace

std::string UnwrappedImage::description() const {
    if (format == ImageFormat::elf)
        if (const std::string other = describe_elf(innermost); !other.empty())
            return in_wrappings(other, wrappings);
    return in_wrappings(std::string(describe(format)), wrappings);
}

std::string OpenedImage::text() const {
    return in_wrappings(std::string(kernel.kind) + (kernel.version.empty() ? "" : " " + kernel.version),
                        wrappings);
}

Result<UnwrappedImage> unwrap_image(Bytes file, const std::string& name) {
    UnwrappedImage image;
    image.innermost = file;
    for (;;) {
        image.format = probe_image(image.innermost);
        const bool wrapped = image.format == ImageFormat::compressed ||
                             image.format == ImageFormat::efi_zboot ||
                             image.format == ImageFormat::unified_kernel;
        if (!wrapped)
            return image;
        if (image.wrappings.size() == most_wrappings)
            return fail(make_error(ErrorKind::unsupported, "use the kernel", name,
                                   fmt::format("it is wrapped more than {} times", most_wrappings))
                            .then("unpack it first"));
        if (image.format == ImageFormat::compressed) {
            const Compression compression = *probe_compression(image.innermost);
            KDK_ASSIGN(auto bytes, decompress(compression, image.innermost, name));
            // What it was unpacked from is needed no more, but for the other parts of a unified image.
            if (!image.unified)
                image.storage.clear();
            image.storage.push_back(std::make_shared<const std::vector<std::byte>>(std::move(bytes)));
            image.innermost = *image.storage.back();
            image.wrappings.emplace_back(to_text(compression));
        } else if (image.format == ImageFormat::efi_zboot) {
            KDK_ASSIGN(const ZbootImage zboot, parse_zboot(image.innermost, name));
            image.innermost = zboot.payload;
            image.wrappings.emplace_back("an EFI zboot kernel");
        } else {
            KDK_ASSIGN(UnifiedImage unified, parse_unified(image.innermost, name));
            image.innermost = unified.kernel;
            image.wrappings.emplace_back("a unified kernel image");
            if (!image.unified)
                image.unified = std::move(unified);
        }
    }
}

Result<OpenedImage> open_image(Bytes file, const std::string& name) {
    KDK_ASSIGN(UnwrappedImage image, unwrap_image(file, name));
    OpenedImage opened;
    if (image.format == ImageFormat::bzimage) {
        KDK_ASSIGN(opened.kernel, parse_bzimage(image.innermost, name));
    } else if (image.format == ImageFormat::elf && describe_elf(image.innermost).empty()) {
        KDK_ASSIGN(opened.kernel, parse_elf_kernel(image.innermost, name));
    } else if (image.format == ImageFormat::arm64_image) {
        // A truncated one is named as that first.
        KDK_ASSIGN(const Arm64Image arm64, parse_arm64_image(image.innermost, name));
        Error error = not_a_kernel(image, name);
        error.reason += fmt::format(" ({}-endian, {} KiB pages)", arm64.big_endian ? "big" : "little",
                                    arm64.page_size / 1024);
        return fail(std::move(error));
    } else {
        return fail(not_a_kernel(image, name));
    }
    opened.kernel_file = image.innermost;
    opened.wrappings = std::move(image.wrappings);
    opened.unified = std::move(image.unified);
    opened.storage = std::move(image.storage);
    return opened;
}

} // namespace kdumpkit::loader
