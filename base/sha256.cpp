// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/sha256.h"

#include <algorithm>

#include <fmt/format.h>

namespace kdumpkit {

Sha256::Sha256() {
    ::sha256_init(&context_);
}

void Sha256::update(Bytes bytes) {
    ::sha256_update(&context_, bytes.size(), reinterpret_cast<const std::uint8_t*>(bytes.data()));
}

void Sha256::update_zeros(std::uint64_t count) {
    constexpr std::array<std::byte, 4096> zeros{};
    while (count > 0) {
        const auto part = Bytes(zeros).first(std::min<std::uint64_t>(count, zeros.size()));
        update(part);
        count -= part.size();
    }
}

Digest Sha256::finish() {
    Digest digest;
    ::sha256_digest(&context_, digest.size(), reinterpret_cast<std::uint8_t*>(digest.data()));
    return digest;
}

Digest sha256_of(Bytes bytes) {
    Sha256 hash;
    hash.update(bytes);
    return hash.finish();
}

std::string to_hex(const Digest& digest) {
    std::string text;
    for (const std::byte byte : digest)
        text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
    return text;
}

bool from_hex(std::string_view text, Digest& digest) {
    const auto value = [](char c) {
        return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    };
    if (text.size() != 2 * digest.size())
        return false;
    for (std::size_t i = 0; i < digest.size(); ++i) {
        const int high = value(text[2 * i]);
        const int low = value(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        digest[i] = static_cast<std::byte>(high * 16 + low);
    }
    return true;
}

} // namespace kdumpkit
