// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/send/body.h"

#include <fmt/format.h>

namespace kdumpkit::send {

Outcome<Got> InputBody::read(std::span<std::byte> out) {
    if (!began_)
        began_ = at_;
    auto got = input_.read(at_, out);
    if (!got)
        return trouble(Verdict::input, std::move(got).error());
    at_ += got->bytes;
    return *got;
}

Outcome<> InputBody::seek(std::uint64_t offset) {
    const auto cannot = [&](std::string reason, std::string next_step) {
        return trouble(Verdict::broken,
                       make_error(ErrorKind::corrupt, "resume", "the upload", std::move(reason))
                           .at(offset)
                           .then(std::move(next_step))
                           .from(ErrorSide::destination));
    };
    if (offset < input_.oldest())
        return cannot(fmt::format("the server has lost what is no longer in the buffer, which begins at {}",
                                  input_.oldest()),
                      "give it a larger --buffer, or send a file with --file");
    if (offset > input_.seen())
        return cannot(
            fmt::format("the file on the server is longer than the {} bytes that were sent", input_.seen()),
            "see whether somebody else writes it, and send under another --name");
    at_ = offset;
    return {};
}

Outcome<Got> MemoryBody::read(std::span<std::byte> out) {
    const std::size_t count = std::min(out.size(), bytes_.size() - at_);
    if (count != 0)
        std::memcpy(out.data(), bytes_.data() + at_, count);
    at_ += count;
    return Got{count, count == 0};
}

Outcome<> MemoryBody::seek(std::uint64_t offset) {
    at_ = static_cast<std::size_t>(std::min<std::uint64_t>(offset, bytes_.size()));
    return {};
}

} // namespace kdumpkit::send
