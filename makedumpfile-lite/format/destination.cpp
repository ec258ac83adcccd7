// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/format/destination.h"

#include "base/progress.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

namespace kdumpkit::dump::format {

Error Destination::limit_reached(std::string reason) const {
    Error error = system_error("write", name(), EFBIG);
    error.reason = std::move(reason);
    return std::move(error)
        .then("raise -L, leave out more pages (-d 31), or compress better (--compress zstd:9)")
        .from(ErrorSide::destination);
}

Result<> Destination::write(std::uint64_t offset, Bytes bytes) {
    if (size_after(offset, bytes.size()) > limit_)
        return fail(
            limit_reached(fmt::format("its size limit (-L {}, {}) is reached", limit_, human_bytes(limit_)))
                .at(offset));
    KDK_TRY(put(offset, bytes));
    end_ = std::max<std::uint64_t>(end_, offset + bytes.size());
    return {};
}

std::uint64_t Destination::size_after(std::uint64_t offset, std::uint64_t bytes) const {
    return std::max(end_, offset + bytes);
}

Result<> Destination::check_room(std::uint64_t needed) const {
    const std::uint64_t space = free_space();
    if (limit_ <= space && needed > limit_ - std::min(limit_, size()))
        return fail(
            limit_reached(fmt::format("the dump takes at least {}, more than its size limit (-L {}, {})",
                                      human_bytes(needed), limit_, human_bytes(limit_))));
    if (needed <= space)
        return {};
    Error error = system_error("write", name(), ENOSPC);
    error.reason = fmt::format("the dump takes at least {}, and {} are free for it", human_bytes(needed),
                               human_bytes(space));
    return fail(std::move(error).from(ErrorSide::destination));
}

Result<> Destination::seal() {
    if (!hasher_)
        return {};
    const auto hasher = std::move(hasher_);
    KDK_ASSIGN(auto blocks, hasher->finish(size(), [this](std::uint64_t offset, std::span<std::byte> out) {
        return read_back(offset, out);
    }));
    digests_ = FileDigests{size(), hasher->block_bytes(), std::move(blocks)};
    return {};
}

void Destination::hash_again() {
    const std::uint64_t block = hasher_ ? hasher_->block_bytes() : digests_ ? digests_->block_bytes : 0;
    digests_.reset();
    if (block != 0)
        hash_blocks(block);
}

Result<> Destination::read_back(std::uint64_t offset, std::span<std::byte>) const {
    return fail(make_error(ErrorKind::unsupported, "read back", name(), "what was written has left already")
                    .at(offset)
                    .from(ErrorSide::destination));
}

bool is_out_of_space(const Error& error) {
    return error.side == ErrorSide::destination &&
           (error.errno_value == ENOSPC || error.errno_value == EDQUOT || error.errno_value == EFBIG);
}

} // namespace kdumpkit::dump::format
