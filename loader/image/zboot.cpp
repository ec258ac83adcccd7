// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/image/zboot.h"

#include <fmt/format.h>

namespace kdumpkit::loader {

namespace {
constexpr std::uint64_t payload_offset_at = 8, payload_size_at = 12, compression_at = 24;
constexpr std::size_t compression_room = 32;
} // namespace

Result<ZbootImage> parse_zboot(Bytes file, const std::string& name) {
    using namespace std::string_view_literals;
    const ByteReader reader(file);
    if (!as_text(file).starts_with("MZ\0\0zimg"sv))
        return fail(ErrorKind::invalid, "use the EFI zboot kernel", name, "it is none");
    const auto offset = reader.u32(payload_offset_at), size = reader.u32(payload_size_at);
    const auto compression = reader.c_string(compression_at, compression_room);
    const auto payload = offset && size ? reader.slice(*offset, *size) : std::nullopt;
    if (!payload || payload->empty() || !compression)
        return fail(make_error(ErrorKind::corrupt, "use the EFI zboot kernel", name,
                               offset && size
                                   ? fmt::format("its payload of {} bytes at {:#x} reaches beyond the "
                                                 "file's {} bytes",
                                                 *size, *offset, file.size())
                                   : "it is truncated inside its header")
                        .then("copy the file again, or install the kernel package again"));
    return ZbootImage{*payload, *compression};
}

} // namespace kdumpkit::loader
