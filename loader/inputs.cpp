// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/inputs.h"

#include <fmt/format.h>

namespace kdumpkit::loader {

namespace {

constexpr std::uint64_t largest_initrd = std::uint64_t{1} << 32, largest_dtb = std::uint64_t{2} << 20;

Result<> check_architecture(const Machine& machine) {
    if (machine.architecture == "x86_64")
        return {};
    return fail(ErrorKind::unsupported, "load", "a kernel",
                fmt::format("this machine is {}; x86_64 is what is supported", machine.architecture));
}

Result<> check_initrd(Bytes initrd, const std::string& name) {
    const std::string build = "build one with: kdumpkit build -o FILE --target URL";
    if (initrd.empty())
        return fail(make_error(ErrorKind::corrupt, "use the initrd", name, "it is empty").then(build));
    if (initrd.size() >= largest_initrd)
        return fail(ErrorKind::unsupported, "use the initrd", name, "it has 4 GiB or more");
    // Only what is certainly wrong: an initramfs may be compressed in ways that we do not know.
    switch (const ImageFormat format = probe_image(initrd); format) {
    case ImageFormat::bzimage:
    case ImageFormat::elf:
    case ImageFormat::arm64_image:
    case ImageFormat::riscv_image:
    case ImageFormat::efi_zboot:
    case ImageFormat::unified_kernel:
    case ImageFormat::truncated_program:
    case ImageFormat::efi_program:
    case ImageFormat::tar:
    case ImageFormat::package:
    case ImageFormat::device_tree:
    case ImageFormat::script:
    case ImageFormat::text:
        return fail(make_error(ErrorKind::invalid, "use the initrd", name,
                               fmt::format("it is {}, not an initramfs", describe(format)))
                        .then(build));
    default:
        return {};
    }
}

// Devicetree Specification, "Flattened Devicetree": magic and totalsize, both big-endian.
Result<> check_dtb(Bytes dtb, const std::string& name) {
    const ByteReader reader(dtb, std::endian::big);
    if (reader.u32(0) != 0xd00dfeedU)
        return fail(make_error(ErrorKind::invalid, "use the device tree", name, "it is none")
                        .then("give a flattened device tree (dtb), for instance /sys/firmware/fdt"));
    if (dtb.size() > largest_dtb || reader.u32(4).value_or(0) > dtb.size() || reader.u32(4).value_or(0) < 40)
        return fail(make_error(ErrorKind::corrupt, "use the device tree", name,
                               fmt::format("its header promises {} bytes, the file has {}",
                                           reader.u32(4).value_or(0), dtb.size()))
                        .then("copy the file again"));
    return {};
}

} // namespace

Result<Inputs> open_inputs(const Machine& machine, const LoadFiles& files, InitrdNeed need) {
    KDK_TRY(check_architecture(machine));
    Inputs inputs;
    KDK_ASSIGN(inputs.image, open_image(files.kernel, files.kernel_name));
    const auto& unified = inputs.image.unified;
    inputs.initrd = files.initrd;
    std::string initrd_name = files.initrd_name, dtb_name = files.dtb_name;
    if (initrd_name.empty() && unified && unified->initrd) {
        inputs.initrd = *unified->initrd;
        inputs.initrd_carried = true;
        initrd_name = "in " + files.kernel_name;
    }
    if (initrd_name.empty() && need == InitrdNeed::required)
        return fail(make_error(ErrorKind::absent, "load", "a capture kernel",
                               unified ? "there is no --initrd, and the unified image carries none"
                                       : "there is no --initrd, and only a unified image could carry one")
                        .then("build one with: kdumpkit build -o FILE --target URL"));
    if (!initrd_name.empty())
        KDK_TRY(check_initrd(inputs.initrd, initrd_name));
    inputs.dtb = files.dtb;
    if (dtb_name.empty() && unified && unified->dtb) {
        inputs.dtb = *unified->dtb;
        dtb_name = "in " + files.kernel_name;
    }
    if (!dtb_name.empty())
        KDK_TRY(check_dtb(inputs.dtb, dtb_name));
    if (unified)
        inputs.carried_command_line = unified->command_line;
    return inputs;
}

} // namespace kdumpkit::loader
