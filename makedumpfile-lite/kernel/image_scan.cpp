// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/image_scan.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace kdumpkit::dump {

namespace {

// A kernel image is some 60 MiB.
constexpr std::uint64_t scan_limit = std::uint64_t{256} << 20;
constexpr std::size_t scan_step = std::size_t{256} << 10;
constexpr std::size_t small_step = 4096;

struct Hits {
    std::array<std::size_t, 16> at{};
    std::size_t count = 0;
};

// Offsets at which `pattern` begins in the first `step` bytes. By its first byte: memchr looks at a vector of
// bytes at once, memmem hashes each pair of them.
Hits find_in(Bytes bytes, std::size_t step, Bytes pattern, std::size_t alignment) {
    Hits hits;
    if (bytes.size() < pattern.size())
        return hits;
    const std::size_t end = std::min(step, bytes.size() - pattern.size() + 1);
    for (std::size_t from = 0; from < end && hits.count < hits.at.size();) {
        const void* found =
            std::memchr(bytes.data() + from, std::to_integer<int>(pattern.front()), end - from);
        if (found == nullptr)
            break;
        const auto at = static_cast<std::size_t>(static_cast<const std::byte*>(found) - bytes.data());
        if (at % alignment == 0 && std::memcmp(bytes.data() + at, pattern.data(), pattern.size()) == 0)
            hits.at[hits.count++] = at;
        from = at + 1;
    }
    return hits;
}

} // namespace

bool scan_image(VirtualMemory& memory, const VmcoreInfo& info, Bytes pattern, std::size_t alignment,
                const std::function<bool(std::uint64_t)>& accept) {
    const auto text = info.symbol("_stext");
    if (!text || pattern.empty() || alignment == 0)
        return false;
    const std::uint64_t start = *text & ~std::uint64_t{small_step - 1};
    std::size_t step = scan_step;
    for (std::uint64_t done = 0; done < scan_limit && start + done >= start; done += step) {
        // Back to large steps as soon as one may begin.
        step = done % scan_step == 0 ? scan_step : small_step;
        const std::uint64_t at = start + done;
        auto bytes = memory.view(at, step + pattern.size() - 1);
        if (!bytes && step == scan_step) {
            step = small_step;
            bytes = memory.view(at, step + pattern.size() - 1);
        }
        if (!bytes) // the last page before a hole, without the first bytes of what follows
            bytes = memory.view(at, step);
        if (!bytes)
            continue;
        const Hits hits = find_in(*bytes, step, pattern, alignment);
        for (std::size_t i = 0; i < hits.count; ++i)
            if (accept(at + hits.at[i]))
                return true;
    }
    return false;
}

} // namespace kdumpkit::dump
