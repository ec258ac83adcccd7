// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/format/block_digests.h"

#include <algorithm>
#include <utility>

namespace kdumpkit::dump::format {

struct BlockDigests::Open {
    std::uint64_t block = 0;
    std::uint64_t position = 0; // bytes of it that were hashed
    Sha256 hash;
};

BlockDigests::BlockDigests(std::uint64_t block_bytes) : block_bytes_(block_bytes) {}
BlockDigests::~BlockDigests() = default;

void BlockDigests::write(std::uint64_t offset, Bytes bytes) {
    while (!bytes.empty()) {
        const std::uint64_t at = offset % block_bytes_;
        const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), block_bytes_ - at));
        write_block(offset / block_bytes_, at, bytes.first(size));
        bytes = bytes.subspan(size);
        offset += size;
    }
}

void BlockDigests::write_block(std::uint64_t block, std::uint64_t at, Bytes bytes) {
    if (block >= states_.size()) {
        states_.resize(block + 1);
        digests_.resize(block + 1);
    }
    State& state = states_[block];
    if (state == State::again)
        return;
    if (state == State::done) {
        state = State::again;
        return;
    }
    auto found =
        std::find_if(open_.begin(), open_.end(), [&](const auto& open) { return open->block == block; });
    if (found == open_.end()) {
        if (open_.size() == most_open)
            settle(0, block_bytes_);
        open_.push_back(std::make_unique<Open>());
        open_.back()->block = block;
        state = State::open;
    } else {
        std::rotate(found, found + 1, open_.end());
    }
    Open& open = *open_.back();
    if (at < open.position) {
        open_.pop_back();
        state = State::again;
        return;
    }
    open.hash.update_zeros(at - open.position);
    open.hash.update(bytes);
    open.position = at + bytes.size();
    if (open.position == block_bytes_)
        settle(open_.size() - 1, block_bytes_);
}

// What was not written up to `end` of the block is zero.
void BlockDigests::settle(std::size_t which, std::uint64_t end) {
    Open& open = *open_[which];
    open.hash.update_zeros(end - std::min(end, open.position));
    digests_[open.block] = open.hash.finish();
    states_[open.block] = State::done;
    open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(which));
}

Result<std::vector<Digest>> BlockDigests::finish(std::uint64_t size, const Read& read) {
    const std::uint64_t count = size / block_bytes_ + (size % block_bytes_ != 0 ? 1 : 0);
    states_.resize(count);
    digests_.resize(count);
    const auto end_of = [&](std::uint64_t block) {
        return std::min(block_bytes_, size - block * block_bytes_);
    };
    // A short last block that was settled on the way was settled as a full one.
    if (count != 0 && end_of(count - 1) < block_bytes_ && states_[count - 1] == State::done)
        states_[count - 1] = State::again;
    while (!open_.empty()) {
        const std::uint64_t block = open_.back()->block;
        if (block < count)
            settle(open_.size() - 1, end_of(block));
        else
            open_.pop_back();
    }
    std::vector<std::byte> bytes;
    for (std::uint64_t block = 0; block < count; ++block) {
        const std::uint64_t length = end_of(block);
        if (states_[block] == State::untouched) {
            Sha256 zeros;
            zeros.update_zeros(length);
            digests_[block] = zeros.finish();
        } else if (states_[block] == State::again) {
            bytes.resize(std::min<std::uint64_t>(length, std::uint64_t{1} << 20));
            Sha256 hash;
            for (std::uint64_t at = 0; at < length;) {
                const auto part = std::span(bytes).first(
                    static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), length - at)));
                KDK_TRY(read(block * block_bytes_ + at, part));
                hash.update(part);
                at += part.size();
            }
            digests_[block] = hash.finish();
        }
    }
    return std::move(digests_);
}

} // namespace kdumpkit::dump::format
