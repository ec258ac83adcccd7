// SPDX-License-Identifier: GPL-2.0-or-later
//
// The running kernel's memory below 640 KiB as /proc/kcore shows it (/dev/mem shows zeros there): a line "PFN
// SHA-256" for each page that is not all zero.
#include "base/file.h"
#include "loader/purgatory_blob.h"

#include <algorithm>
#include <cstdio>

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>

using namespace kdumpkit;

namespace {

Result<> print_low_memory() {
    const std::string path = "/proc/kcore";
    constexpr std::uint64_t page = 4096, end = 640 * 1024;
    KDK_ASSIGN(const Fd kcore, open_file(path, O_RDONLY));
    Elf64_Ehdr elf{};
    KDK_TRY(pread_exact(kcore.get(), 0, std::as_writable_bytes(std::span(&elf, 1)), path));
    std::vector<Elf64_Phdr> headers(elf.e_phnum);
    KDK_TRY(pread_exact(kcore.get(), elf.e_phoff, std::as_writable_bytes(std::span(headers)), path));
    for (const Elf64_Phdr& header : headers) {
        if (header.p_type != PT_LOAD)
            continue;
        for (std::uint64_t at = header.p_paddr; at < end && at + page <= header.p_paddr + header.p_memsz;
             at += page) {
            std::vector<std::byte> content(page);
            KDK_TRY(pread_exact(kcore.get(), header.p_offset + (at - header.p_paddr), content, path));
            if (std::ranges::all_of(content, [](std::byte byte) { return byte == std::byte{0}; }))
                continue;
            fmt::print("{} ", at / page);
            for (const std::uint8_t byte : loader::sha256(content).bytes)
                fmt::print("{:02x}", byte);
            fmt::print("\n");
        }
    }
    return {};
}

} // namespace

int main() {
    const auto printed = print_low_memory();
    if (!printed)
        fmt::print("{}\n", printed.error().message());
    return printed ? 0 : 1;
}
