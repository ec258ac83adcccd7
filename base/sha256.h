// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <nettle/sha2.h>

namespace kdumpkit {

using Digest = std::array<std::byte, 32>;

// SHA-256 (FIPS 180-4) by nettle, which uses the processor's instructions. The purgatory, where there is no
// library, has its own: loader/purgatory/sha256.h.
class Sha256 {
  public:
    Sha256();
    void update(Bytes bytes);
    void update_zeros(std::uint64_t count);
    // Of all that came; begins anew.
    Digest finish();

  private:
    ::sha256_ctx context_;
};

Digest sha256_of(Bytes bytes);

// 64 hexadecimal digits, as sha256sum(1) writes them, and back: false when it is something else.
std::string to_hex(const Digest& digest);
bool from_hex(std::string_view text, Digest& digest);

} // namespace kdumpkit
