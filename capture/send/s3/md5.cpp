// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/send/s3/md5.h"

#include <array>
#include <vector>

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

std::string object_etag(std::span<const std::string> parts) {
    std::vector<std::byte> digests;
    for (const std::string& part : parts) {
        if (part.size() != 2 * MD5_DIGEST_SIZE + 2 || part.front() != '"' || part.back() != '"')
            return {};
        for (std::size_t at = 1; at + 1 < part.size(); at += 2) {
            const auto byte = parse_number(std::string_view(part).substr(at, 2), 16);
            if (!byte)
                return {};
            digests.push_back(static_cast<std::byte>(*byte));
        }
    }
    return fmt::format("\"{}-{}\"", md5_hex(digests), parts.size());
}

} // namespace kdumpkit::send
