// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/format/destination.h"

#include "base/progress.h"

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

namespace kdumpkit::dump::format {

Result<> Destination::write(std::uint64_t offset, Bytes bytes) {
    if (size_after(offset, bytes.size()) > limit_) {
        Error error = system_error("write", name(), EFBIG);
        error.reason = fmt::format("its size limit (-L {}, {}) is reached", limit_, human_bytes(limit_));
        return fail(
            std::move(error)
                .at(offset)
                .then("raise -L, leave out more pages (-d 31), or compress better (--compress zstd:9)")
                .from(ErrorSide::destination));
    }
    KDK_TRY(put(offset, bytes));
    end_ = std::max<std::uint64_t>(end_, offset + bytes.size());
    return {};
}

std::uint64_t Destination::size_after(std::uint64_t offset, std::uint64_t bytes) const {
    return std::max(end_, offset + bytes);
}

std::uint64_t Destination::room() const {
    return std::min(limit_ - std::min(limit_, size()), free_space());
}

bool is_out_of_space(const Error& error) {
    return error.side == ErrorSide::destination &&
           (error.errno_value == ENOSPC || error.errno_value == EDQUOT || error.errno_value == EFBIG);
}

} // namespace kdumpkit::dump::format
