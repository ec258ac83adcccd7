// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/send/s3/md5.h"

#include <array>

#include <fmt/format.h>
#include <nettle/md5.h>

namespace kdumpkit::send {

std::string md5_hex(Bytes bytes) {
    md5_ctx context;
    std::array<std::uint8_t, MD5_DIGEST_SIZE> digest{};
    ::nettle_md5_init(&context);
    ::nettle_md5_update(&context, bytes.size(), reinterpret_cast<const std::uint8_t*>(bytes.data()));
    ::nettle_md5_digest(&context, digest.size(), digest.data());
    std::string text;
    for (const std::uint8_t byte : digest)
        text += fmt::format("{:02x}", byte);
    return text;
}

} // namespace kdumpkit::send
