// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/purgatory_blob.h"

#include "base/sha256.h"
#include "loader/purgatory/parameters.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

// From purgatory/blob.S.
extern "C" const std::byte kdumpkit_purgatory_begin[];
extern "C" const std::byte kdumpkit_purgatory_end[];

namespace kdumpkit::loader {

namespace {
using purgatory::Parameters;

Bytes blob() {
    return {kdumpkit_purgatory_begin,
            static_cast<std::size_t>(kdumpkit_purgatory_end - kdumpkit_purgatory_begin)};
}
} // namespace

Sha256Digest sha256(Bytes bytes) {
    const Digest digest = sha256_of(bytes);
    Sha256Digest same{};
    std::memcpy(same.bytes, digest.data(), digest.size());
    return same;
}

std::uint64_t purgatory_size() {
    return blob().size();
}

Result<std::vector<std::byte>> build_purgatory(const NewKernel& kernel, const std::optional<Backup>& backup,
                                               const std::vector<Guarded>& guarded) {
    std::vector<std::byte> bytes(blob().begin(), blob().end());
    const auto empty = ByteReader(bytes).raw<Parameters>(Parameters::offset);
    if (!empty || empty->magic != Parameters::expected_magic)
        return fail(ErrorKind::corrupt, "fill in", "the purgatory",
                    "this build of it has no parameters where expected");
    if (guarded.size() > Parameters::most_regions)
        return fail(ErrorKind::unsupported, "fill in", "the purgatory",
                    fmt::format("it guards {} segments, not {}", Parameters::most_regions, guarded.size()));
    Parameters parameters = *empty;
    parameters.kernel_entry = kernel.entry;
    parameters.boot_params = kernel.boot_params;
    parameters.return_digits = kernel.return_digits;
    parameters.pvh = kernel.pvh ? 1 : 0;
    parameters.page_tables = kernel.page_tables;
    if (backup) {
        parameters.backup_source = backup->source.begin;
        parameters.backup_destination = backup->destination;
        parameters.backup_length = backup->source.size();
    }
    parameters.region_count = guarded.size();
    for (std::size_t i = 0; i < guarded.size(); ++i) {
        purgatory::Region& region = parameters.regions[i];
        region.begin = guarded[i].address;
        region.length = guarded[i].content.size();
        region.digest = sha256(guarded[i].content);
        const std::size_t length = std::min(guarded[i].name.size(), sizeof(region.name) - 1);
        std::memcpy(region.name, guarded[i].name.data(), length);
    }
    std::memcpy(bytes.data() + Parameters::offset, &parameters, sizeof(parameters));
    return bytes;
}

} // namespace kdumpkit::loader
