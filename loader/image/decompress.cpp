// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/image/decompress.h"

#include "loader/image/unpackers.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include <fmt/format.h>

namespace kdumpkit::loader {

namespace {

using namespace std::string_view_literals;

struct Magic {
    Compression compression;
    std::string_view name;
    std::string_view bytes;
};
// lzma has no magic number; 0x5d is its usual properties byte, and dictionaries are a power of two of at
// least 64 KiB: so do the kernel's lib/decompress.c and file(1) find it.
constexpr std::array<Magic, 8> magics{{
    {Compression::gzip, "gzip", "\x1f\x8b"sv},
    {Compression::xz, "xz",
     "\xfd"
     "7zXZ\0"sv},
    {Compression::zstd, "zstd", "\x28\xb5\x2f\xfd"sv},
    {Compression::lz4, "lz4", "\x04\x22\x4d\x18"sv},
    {Compression::lz4_legacy, "lz4 (legacy)", "\x02\x21\x4c\x18"sv},
    {Compression::bzip2, "bzip2", "BZh"sv},
    {Compression::lzop, "lzop", "\x89LZO\0"sv},
    {Compression::lzma, "lzma", "\x5d\0\0"sv},
}};

bool one_after_the_other(Compression compression) {
    return compression != Compression::lzma && compression != Compression::lz4_legacy;
}

// gzip, xz, zstd and lz4 files are what one or several such streams make, one after the other (parallel
// packers write several). Anything else behind a stream is passed over: the kernel's build appends a length.
UnpackOutcome unpack(Compression compression, Bytes packed, Unpacked& output) {
    UnpackOutcome outcome{};
    do
        outcome = unpack_stream(compression, packed, output);
    while (outcome == UnpackOutcome::whole && !output.full() && one_after_the_other(compression) &&
           probe_compression(packed) == compression);
    return outcome;
}

} // namespace

std::string_view to_text(Compression compression) {
    return std::ranges::find(magics, compression, &Magic::compression)->name;
}

std::optional<Compression> probe_compression(Bytes file) {
    const auto found =
        std::ranges::find_if(magics, [&](const Magic& m) { return as_text(file).starts_with(m.bytes); });
    if (found == magics.end())
        return std::nullopt;
    if (found->compression == Compression::lzma) {
        const std::uint32_t dictionary = ByteReader(file).u32(1).value_or(0);
        if (dictionary < (1U << 16) || (dictionary & (dictionary - 1)) != 0)
            return std::nullopt;
    }
    return found->compression;
}

Result<std::vector<std::byte>> decompress(Compression compression, Bytes packed, const std::string& name,
                                          std::size_t limit) {
    const auto error = [&](ErrorKind kind, std::string reason, std::string next) {
        return fail(make_error(kind, "unpack", name, std::move(reason)).then(std::move(next)));
    };
    const std::string again = "copy the file again, or install the kernel package again";
    if (compression == Compression::bzip2 || compression == Compression::lzop)
        return error(ErrorKind::unsupported,
                     fmt::format("it is compressed by {}, which is not supported", to_text(compression)),
                     fmt::format("unpack it first with {}",
                                 compression == Compression::bzip2 ? "bunzip2" : "lzop -d"));
    Unpacked output(limit);
    const UnpackOutcome outcome = unpack(compression, packed, output);
    if (outcome == UnpackOutcome::truncated)
        return error(ErrorKind::corrupt,
                     fmt::format("it is truncated: its {} stream does not end within its {} bytes",
                                 to_text(compression), packed.size()),
                     again);
    if (outcome == UnpackOutcome::damaged)
        return error(ErrorKind::corrupt, fmt::format("its {} stream is damaged", to_text(compression)),
                     again);
    if (outcome == UnpackOutcome::too_large_window)
        return error(ErrorKind::unsupported,
                     fmt::format("unpacking its {} stream takes a window of more than {} MiB",
                                 to_text(compression), largest_window >> 20),
                     "compress it again with a lower level");
    if (outcome == UnpackOutcome::out_of_memory)
        return error(ErrorKind::system, "there is not enough memory to unpack it",
                     "free memory, and try again");
    if (output.full())
        return error(ErrorKind::unsupported, fmt::format("it unpacks to more than {} MiB", limit >> 20),
                     "give a kernel: no kernel is that large");
    return std::move(output).finish();
}

} // namespace kdumpkit::loader
