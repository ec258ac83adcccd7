// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/base64.h"

#include <cstdint>

#include <nettle/base64.h>

namespace kdumpkit::initramfs {

std::optional<std::vector<std::byte>> base64_decoded(std::string_view text) {
    std::vector<std::byte> bytes(BASE64_DECODE_LENGTH(text.size()));
    base64_decode_ctx context;
    ::nettle_base64_decode_init(&context);
    std::size_t size = bytes.size();
    if (::nettle_base64_decode_update(&context, &size, reinterpret_cast<std::uint8_t*>(bytes.data()),
                                      text.size(), text.data()) != 1 ||
        ::nettle_base64_decode_final(&context) != 1)
        return std::nullopt;
    bytes.resize(size);
    return bytes;
}

} // namespace kdumpkit::initramfs
