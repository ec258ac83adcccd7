// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/source/flattened_content.h"

#include "base/range.h"
#include "makedumpfile-lite/format/flat_layout.h"

#include <algorithm>
#include <queue>

#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

using format::FlatHeader;
using format::FlatRecord;

// Bytes. A record that claims more than there is was cut off, or its length is damaged and what follows it is
// anything. Those that programs write have a few MiB at most.
constexpr std::int64_t largest_cut_record = std::int64_t{64} << 20;

class FlattenedContent final : public Content {
  public:
    explicit FlattenedContent(std::unique_ptr<Content> file) : file_(std::move(file)) {}

    Result<> index();

    const std::string& name() const override { return file_->name(); }
    std::uint64_t size() const override { return size_; }
    std::uint64_t stored_bytes() const override { return file_->stored_bytes(); }
    std::string missing() const override { return missing_; }
    bool flattened() const override { return true; }
    Result<> read(std::uint64_t offset, std::span<std::byte> out) const override {
        if (offset > size_ || size_ - offset < out.size())
            return fail(make_error(ErrorKind::corrupt, "read", name(),
                                   fmt::format("what its records describe ends at {} bytes", size_))
                            .at(offset)
                            .from(ErrorSide::source));
        std::uint64_t at = offset;
        const std::uint64_t end = offset + out.size();
        for (auto piece = at_or_after(at); at < end; ++piece) {
            const bool found = piece != pieces_.end() && piece->begin < end;
            const std::uint64_t from = found ? std::max(at, piece->begin) : end;
            const auto gap = out.subspan(at - offset).first(from - at);
            std::fill(gap.begin(), gap.end(), std::byte{0});
            if (!found)
                break;
            const std::uint64_t to = std::min(end, piece->end);
            KDK_TRY(
                file_->read(piece->source + (from - piece->begin), out.subspan(from - offset, to - from)));
            at = to;
        }
        return {};
    }
    std::uint64_t next_data(std::uint64_t offset) const override {
        const auto piece = at_or_after(offset);
        return piece == pieces_.end() ? size_ : std::max(offset, piece->begin);
    }

  private:
    std::vector<FlatPiece>::const_iterator at_or_after(std::uint64_t offset) const {
        return std::upper_bound(pieces_.begin(), pieces_.end(), offset,
                                [](std::uint64_t value, const FlatPiece& p) { return value < p.end; });
    }
    Result<> check_header() const;

    std::unique_ptr<Content> file_;
    std::vector<FlatPiece> pieces_; // sorted, apart
    std::uint64_t size_ = 0;
    std::string missing_;
};

Result<> FlattenedContent::check_header() const {
    FlatHeader header{};
    if (file_->size() < format::flat_header_size)
        return fail(make_error(ErrorKind::corrupt, "open", name(),
                               "the file ends inside the header of a flattened dump")
                        .at(file_->size())
                        .from(ErrorSide::source));
    KDK_TRY(file_->read(0, std::as_writable_bytes(std::span(&header, 1))));
    if (format::from_flat(header.type) == format::flat_type &&
        format::from_flat(header.version) == format::flat_version)
        return {};
    return fail(make_error(ErrorKind::unsupported, "open", name(),
                           fmt::format("a flattened dump of type {}, version {}",
                                       format::from_flat(header.type), format::from_flat(header.version)))
                    .then("rearrange it with the program that wrote it")
                    .from(ErrorSide::source));
}

Result<> FlattenedContent::index() {
    KDK_TRY(check_header());
    std::uint64_t at = format::flat_header_size;
    for (std::size_t records = 0;; ++records) {
        FlatRecord record{};
        if (at > file_->size() || file_->size() - at < sizeof(record)) {
            missing_ = "it ends without the record that marks its end";
            break;
        }
        if (records == max_flattened_records)
            return fail(make_error(ErrorKind::unsupported, "open", name(),
                                   fmt::format("it has more than {} records", max_flattened_records))
                            .then("rearrange it first: makedumpfile-lite -R DUMP < FLATTENED")
                            .from(ErrorSide::source));
        KDK_TRY(file_->read(at, std::as_writable_bytes(std::span(&record, 1))));
        const std::int64_t offset = format::from_flat(record.offset);
        const std::int64_t size = format::from_flat(record.size);
        if (offset == format::flat_end && size == format::flat_end)
            break;
        const std::uint64_t left = file_->size() - at - sizeof(record);
        const bool cut = static_cast<std::uint64_t>(size) > left;
        if (!format::is_flat_place(offset, size) || (cut && size > largest_cut_record)) {
            missing_ = fmt::format("its record at offset 0x{:x} is damaged", at);
            break;
        }
        at += sizeof(record);
        const auto begin = static_cast<std::uint64_t>(offset);
        const std::uint64_t has = std::min<std::uint64_t>(static_cast<std::uint64_t>(size), left);
        // One that is cut may have a damaged length, and be no record: what came before it is not hidden by
        // it.
        if (has != 0)
            pieces_.insert(cut ? pieces_.begin() : pieces_.end(), {begin, begin + has, at});
        size_ = std::max(size_, begin + has);
        at += static_cast<std::uint64_t>(size); // below 2^54
    }
    pieces_ = resolve_overlaps(std::move(pieces_));
    return {};
}

} // namespace

std::vector<FlatPiece> resolve_overlaps(std::vector<FlatPiece> records) {
    std::vector<std::uint32_t> order(records.size()); // record numbers, by where they begin
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = static_cast<std::uint32_t>(i);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return records[a].begin < records[b].begin; });
    std::vector<FlatPiece> pieces;
    pieces.reserve(records.size());
    const auto emit = [&](const FlatPiece& record, std::uint64_t begin, std::uint64_t end) {
        if (begin >= end)
            return;
        const std::uint64_t source = record.source + (begin - record.begin);
        if (!pieces.empty() && pieces.back().end == begin &&
            pieces.back().source + (begin - pieces.back().begin) == source)
            pieces.back().end = end;
        else
            pieces.push_back({begin, end, source});
    };
    // A sweep: of the records that cover a place, the one with the highest number is seen.
    std::priority_queue<std::uint32_t> open;
    std::uint64_t at = 0;
    for (std::size_t next = 0; next < order.size() || !open.empty();) {
        while (!open.empty() && records[open.top()].end <= at)
            open.pop();
        if (open.empty()) {
            if (next == order.size())
                break;
            at = std::max(at, records[order[next]].begin);
        }
        while (next < order.size() && records[order[next]].begin <= at)
            open.push(order[next++]);
        const FlatPiece& seen = records[open.top()];
        std::uint64_t end = seen.end;
        if (next < order.size())
            end = std::min(end, records[order[next]].begin);
        emit(seen, at, end);
        at = std::max(at, end);
    }
    return pieces;
}

Result<std::unique_ptr<Content>> open_flattened_content(std::unique_ptr<Content> flattened) {
    auto content = std::make_unique<FlattenedContent>(std::move(flattened));
    KDK_TRY(content->index());
    return content;
}

} // namespace kdumpkit::dump
