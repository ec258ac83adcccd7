// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/btf_finder.h"

#include <algorithm>
#include <cstring>

namespace kdumpkit::dump {

namespace {

// A kernel image is some 60 MiB, and its BTF lies in the first half of it.
constexpr std::uint64_t scan_limit = std::uint64_t{256} << 20;
constexpr std::size_t scan_step = std::size_t{256} << 10;
// Of BTF that was read and was not the kernel's. A stray copy or two happen; memory full of headers is a lie.
constexpr std::uint64_t stray_limit = 2 * Btf::max_size;

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
    const auto text = info.symbol("_stext");
    if (text) {
        for (std::uint64_t done = 0; done < scan_limit; done += scan_step) {
            const std::uint64_t at = (*text & ~std::uint64_t{4095}) + done;
            std::size_t hits[16];
            std::size_t count = 0;
            {
                // Neighbouring pieces share no header: it is 4-byte aligned, and its first 4 bytes are what
                // is looked for.
                const auto bytes = memory.view(at, scan_step);
                if (!bytes)
                    break;
                for (std::size_t i = 0; i + 4 <= bytes->size() && count < std::size(hits); i += 4) {
                    std::uint32_t word = 0;
                    std::memcpy(&word, bytes->data() + i, sizeof(word));
                    if (word == 0x0001eb9f) // magic, version 1, no flags
                        hits[count++] = i;
                }
            }
            for (std::size_t i = 0; i < count && spent < stray_limit; ++i) {
                // A module's or a stray one lacks what every kernel has.
                auto found = read_btf(memory, at + hits[i], spent);
                if (found && found->member("page", "flags") && found->size_of("zone"))
                    return found;
            }
        }
    }
    return fail(make_error(ErrorKind::absent, "find", "the kernel's BTF", "there is none in its image")
                    .from(ErrorSide::source));
}

} // namespace kdumpkit::dump
