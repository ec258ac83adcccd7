// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/btf_finder.h"

#include "makedumpfile-lite/kernel/image_scan.h"

#include <optional>
#include <string_view>

namespace kdumpkit::dump {

namespace {

// Of BTF that was read and was not the kernel's. A stray copy or two happen; memory full of headers is a lie.
constexpr std::uint64_t stray_limit = 2 * Btf::max_size;
// Magic, version 1, no flags; at a multiple of 4.
constexpr std::string_view header_start{"\x9f\xeb\x01\0", 4};

// Adds what it reads to `spent`.
Result<Btf> read_btf(VirtualMemory& memory, std::uint64_t vaddr, std::uint64_t& spent) {
    std::uint64_t size = 0;
    {
        KDK_ASSIGN(const Bytes header, memory.view(vaddr, Btf::header_size));
        const auto total = Btf::total_size(header);
        if (!total)
            return fail(make_error(ErrorKind::corrupt, "read", "the kernel's BTF", "it has no BTF header")
                            .from(ErrorSide::source));
        size = *total;
        spent += size;
    }
    KDK_ASSIGN(auto bytes, memory.read(vaddr, size, Btf::max_size));
    return Btf::parse(std::move(bytes));
}

} // namespace

Result<Btf> find_btf(VirtualMemory& memory, const VmcoreInfo& info, const Symbols& symbols) {
    std::uint64_t spent = 0;
    if (const auto start = symbols.find("__start_BTF"); start != symbols.end())
        if (auto found = read_btf(memory, start->second, spent))
            return found;
    std::optional<Btf> scanned;
    scan_image(memory, info, as_bytes(header_start), 4, [&](std::uint64_t at) {
        auto found = read_btf(memory, at, spent);
        // A module's or a stray one lacks what every kernel has.
        if (found && found->member("page", "flags") && found->size_of("zone"))
            scanned = std::move(*found);
        return scanned.has_value() || spent >= stray_limit;
    });
    if (scanned)
        return std::move(*scanned);
    return fail(make_error(ErrorKind::absent, "find", "the kernel's BTF", "there is none in its image")
                    .from(ErrorSide::source));
}

} // namespace kdumpkit::dump
