// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/source/sequential_input.h"

#include <algorithm>
#include <cerrno>

#include <unistd.h>

namespace kdumpkit::dump {

Result<std::size_t> SequentialInput::read_fd(std::span<std::byte> out) {
    std::size_t done = 0;
    while (done < out.size()) {
        const ssize_t got = ::read(fd_, out.data() + done, out.size() - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(system_error("read", name_, errno).at(position_ + done).from(ErrorSide::source));
        if (got == 0)
            break;
        done += static_cast<std::size_t>(got);
    }
    return done;
}

Result<std::size_t> SequentialInput::read_more(std::span<std::byte> out) {
    if (content_ == nullptr)
        return read_fd(out);
    const auto there = out.first(std::min<std::uint64_t>(out.size(), content_->size() - taken_));
    KDK_TRY(content_->read(taken_, there));
    taken_ += there.size();
    return there.size();
}

Result<Bytes> SequentialInput::peek(std::size_t size) {
    peeked_.resize(size);
    KDK_ASSIGN(const std::size_t got, read_more(peeked_));
    peeked_.resize(got);
    return Bytes(peeked_);
}

Result<std::size_t> SequentialInput::read(std::span<std::byte> out) {
    const std::size_t known = std::min(peeked_.size(), out.size());
    std::copy_n(peeked_.begin(), known, out.begin());
    peeked_.erase(peeked_.begin(), peeked_.begin() + static_cast<std::ptrdiff_t>(known));
    KDK_ASSIGN(const std::size_t got, read_more(out.subspan(known)));
    position_ += known + got;
    return known + got;
}

Result<> SequentialInput::read_exact(std::span<std::byte> out) {
    KDK_ASSIGN(const std::size_t got, read(out));
    if (got == out.size())
        return {};
    return fail(make_error(ErrorKind::corrupt, "read", name_, "it ends in the middle of the dump")
                    .at(position_)
                    .then("send it again, whole")
                    .from(ErrorSide::source));
}

Result<> SequentialInput::skip(std::uint64_t bytes) {
    std::vector<std::byte> away(std::min<std::uint64_t>(bytes, std::uint64_t{64} << 10));
    while (bytes > 0) {
        const std::size_t size = std::min<std::uint64_t>(bytes, away.size());
        KDK_TRY(read_exact(std::span(away).first(size)));
        bytes -= size;
    }
    return {};
}

} // namespace kdumpkit::dump
