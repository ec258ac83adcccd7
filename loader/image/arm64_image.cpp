// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/image/arm64_image.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace kdumpkit::loader {

namespace {
constexpr std::uint64_t text_offset_at = 8, image_size_at = 16, flags_at = 24, magic_at = 56,
                        header_size = 64;
constexpr std::uint64_t two_mebibytes = std::uint64_t{2} << 20;
constexpr std::uint64_t largest_image = std::uint64_t{1} << 30;
constexpr std::uint64_t initrd_reach = std::uint64_t{32} << 30;
} // namespace

Result<Arm64Image> parse_arm64_image(Bytes file, const std::string& name) {
    const ByteReader reader(file);
    if (reader.u32(magic_at) != 0x644d5241U) // "ARM\x64"
        return fail(ErrorKind::invalid, "use the kernel", name, "it is not an arm64 kernel Image");
    const auto corrupt = [&](std::string reason) {
        return fail(make_error(ErrorKind::corrupt, "use the kernel", name, std::move(reason))
                        .then("copy the file again, or install the kernel package again"));
    };
    if (file.size() < header_size)
        return corrupt("it is truncated inside its header");
    Arm64Image image;
    image.content = file;
    image.text_offset = *reader.u64(text_offset_at);
    image.image_size = *reader.u64(image_size_at);
    const std::uint64_t flags = *reader.u64(flags_at);
    image.big_endian = (flags & 1) != 0;
    constexpr std::array<std::uint64_t, 4> page_sizes{0, 4096, 16384, 65536};
    image.page_size = page_sizes[(flags >> 1) & 3];
    image.anywhere_in_memory = (flags & 8) != 0;
    if (image.image_size == 0) {
        image.text_offset = 0x80000;
        image.image_size = file.size();
    }
    if (image.text_offset >= two_mebibytes || image.text_offset % page != 0)
        return corrupt(fmt::format("its header claims a text_offset of {:#x}", image.text_offset));
    if (image.image_size > largest_image)
        return corrupt(fmt::format("its header claims an image of {} bytes", image.image_size));
    // The file holds all but the bss, which is a small part of a kernel.
    if (file.size() > image.image_size || file.size() < image.image_size / 4)
        return corrupt(
            fmt::format("it is truncated, or no whole Image: its header promises {} bytes in memory, the "
                        "file has {}",
                        image.image_size, file.size()));
    return image;
}

Result<Plan> place_arm64(const Range& room, const Arm64Image& image, const Arm64Wish& wish) {
    if (wish.dtb_size == 0 || wish.dtb_size > two_mebibytes)
        return fail(make_error(ErrorKind::invalid, "use", "the device tree",
                               fmt::format("it has {} bytes; an arm64 kernel takes one of at most 2 MiB",
                                           wish.dtb_size))
                        .then("give the machine's own tree: /sys/firmware/fdt"));
    // The kernel's window begins at a 2 MiB boundary; what is below text_offset stays unused, as the document
    // allows the kernel to use it.
    const std::uint64_t kernel_memory = image.text_offset + image.image_size;
    std::vector<Demand> demands{{"kernel", image.content.size(), kernel_memory, two_mebibytes, true}};
    demands.insert(demands.end(), wish.others.begin(), wish.others.end());
    // Aligned to its own size rounded up, it cannot cross a 2 MiB boundary.
    std::uint64_t alignment = page;
    while (alignment < wish.dtb_size)
        alignment *= 2;
    demands.push_back({"dtb", wish.dtb_size, wish.dtb_size, alignment, false});
    if (wish.initrd_size != 0)
        demands.push_back({"initrd", wish.initrd_size, wish.initrd_size, page, false});
    KDK_ASSIGN(Plan plan, place_segments(room, demands, wish.kept_free));
    Segment& kernel = *std::ranges::find(plan.segments, "kernel", &Segment::name);
    const std::uint64_t begin = kernel.memory.begin;
    kernel.content = image.content.size();
    kernel.memory.begin += image.text_offset;
    if (wish.initrd_size != 0 && plan.segment("initrd").memory.end - begin > initrd_reach)
        return fail(make_error(ErrorKind::unsupported, "place", "the initrd",
                               "it would lie more than 32 GiB from the kernel, which cannot map it there")
                        .then("give a smaller piece of memory to place in"));
    return plan;
}

} // namespace kdumpkit::loader
