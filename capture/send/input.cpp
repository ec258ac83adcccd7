// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/send/input.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <poll.h>
#include <unistd.h>

namespace kdumpkit::send {

bool readable_now(int fd) {
    pollfd one{fd, POLLIN, 0};
    return ::poll(&one, 1, 0) > 0;
}

PipeInput::PipeInput(int fd, std::string name, std::size_t window)
    : fd_(fd), name_(std::move(name)), ring_(window) {}

std::uint64_t PipeInput::oldest() const {
    return seen_ > ring_.size() ? seen_ - ring_.size() : 0;
}

std::optional<std::uint64_t> PipeInput::size() const {
    return end_ ? std::optional(seen_) : std::nullopt;
}

// Straight into the ring, over its oldest bytes.
Result<> PipeInput::read_more() {
    // Little at a time: each byte pushes out one that a server may still lose.
    constexpr std::size_t most = std::size_t{256} << 10;
    const std::size_t at = seen_ % ring_.size();
    const ssize_t count = ::read(fd_, ring_.data() + at, std::min(most, ring_.size() - at));
    if (count < 0 && (errno == EINTR || errno == EAGAIN))
        return {};
    if (count < 0)
        return fail(system_error("read", name_, errno).at(seen_).from(ErrorSide::source));
    end_ = count == 0;
    seen_ += static_cast<std::uint64_t>(count);
    return {};
}

Result<Got> PipeInput::read(std::uint64_t offset, std::span<std::byte> out) {
    if (offset < oldest() || offset > seen_)
        return fail(
            make_error(ErrorKind::invalid, "read again", name_, "that part is no longer in the buffer")
                .at(offset)
                .from(ErrorSide::source));
    // Only when all was given: what is read ahead would push out what a server may still lose.
    if (offset == seen_ && !end_ && readable_now(fd_))
        KDK_TRY(read_more());
    if (offset == seen_)
        return Got{0, end_};
    const std::size_t at = offset % ring_.size();
    const std::size_t count =
        std::min({out.size(), ring_.size() - at, static_cast<std::size_t>(seen_ - offset)});
    std::memcpy(out.data(), ring_.data() + at, count);
    return Got{count, false};
}

Result<Got> FileInput::read(std::uint64_t offset, std::span<std::byte> out) {
    const std::uint64_t left = size_ - std::min(size_, offset);
    if (left == 0)
        return Got{0, true};
    const auto part = out.first(static_cast<std::size_t>(std::min<std::uint64_t>(left, out.size())));
    auto count = pread_some(fd_.get(), start_ + offset, part, name_);
    if (!count)
        return fail(std::move(count).error().from(ErrorSide::source));
    // A file that shrinks while it is sent is not what was to be stored.
    if (*count == 0)
        return fail(make_error(ErrorKind::corrupt, "read", name_, "it became shorter")
                        .at(offset)
                        .from(ErrorSide::source));
    return Got{*count, false};
}

} // namespace kdumpkit::send
