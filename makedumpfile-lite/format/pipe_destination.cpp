// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/format/pipe_destination.h"

#include "base/file.h"
#include "makedumpfile-lite/format/flat_layout.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

namespace kdumpkit::dump::format {

namespace {

Failure destination_failure(Error error) {
    return Failure(std::move(error).from(ErrorSide::destination));
}

} // namespace

Result<> PipeDestination::send(Bytes bytes) {
    if (!cleared_)
        KDK_TRY(file_.clear());
    cleared_ = true;
    KDK_TRY(write_all(file_.fd(), bytes, name()));
    hash(sent_, bytes);
    sent_ += bytes.size();
    return {};
}

Result<> PipeDestination::close() {
    (void)seal(); // whoever asked for digests misses them
    return file_.close();
}

Result<> PipeDestination::put(std::uint64_t offset, Bytes bytes) {
    if (offset != end())
        return destination_failure(
            make_error(ErrorKind::invalid, "write", name(),
                       fmt::format("it goes on at byte {}, and cannot be written at {}", end(), offset)));
    return send(bytes);
}

Result<> PipeDestination::reserve_zeroed(std::uint64_t begin, std::uint64_t end) {
    const std::vector<std::byte> zeros(std::size_t{64} << 10);
    for (std::uint64_t at = begin; at < end; at += zeros.size())
        KDK_TRY(write(at, Bytes(zeros).first(std::min<std::uint64_t>(zeros.size(), end - at))));
    return {};
}

Result<> PipeDestination::sync() {
    // Pipes and sockets have nothing to sync.
    if (::fsync(file_.fd()) != 0 && errno != EINVAL && errno != EROFS && errno != ENOTSUP)
        return destination_failure(system_error("fsync", name(), errno));
    return {};
}

Result<> PipeDestination::restart() {
    if (sent_ == 0)
        return {};
    if (!file_.regular() || file_.standard())
        return destination_failure(make_error(ErrorKind::unsupported, "begin again in", name(),
                                              "what was written has left already"));
    if (::lseek(file_.fd(), 0, SEEK_SET) < 0)
        return destination_failure(system_error("begin again in", name(), errno));
    KDK_TRY(file_.clear());
    end_ = sent_ = 0;
    hash_again();
    return {};
}

Result<> FlatDestination::begin() {
    if (begun_)
        return {};
    begun_ = true;
    std::array<std::byte, flat_header_size> block{};
    FlatHeader header;
    std::copy(flat_signature.begin(), flat_signature.end(), header.signature.begin());
    header.type = to_flat(flat_type);
    header.version = to_flat(flat_version);
    const Bytes bytes = bytes_of(header);
    std::copy(bytes.begin(), bytes.end(), block.begin());
    return send(block);
}

Result<> FlatDestination::put(std::uint64_t offset, Bytes bytes) {
    if (bytes.empty())
        return {}; // a record of no bytes would end the stream for makedumpfile -R
    if (offset > std::numeric_limits<std::int64_t>::max() - bytes.size())
        return destination_failure(
            make_error(ErrorKind::unsupported, "write", name(), "the flattened format ends at 2^63 bytes"));
    KDK_TRY(begin());
    const FlatRecord record{to_flat(static_cast<std::int64_t>(offset)),
                            to_flat(static_cast<std::int64_t>(bytes.size()))};
    KDK_TRY(send(bytes_of(record)));
    return send(bytes);
}

// Room for the header and the end record is always left.
std::uint64_t FlatDestination::size_after(std::uint64_t, std::uint64_t bytes) const {
    return (begun_ ? size() : flat_header_size) + 2 * sizeof(FlatRecord) + bytes;
}

// Where no record is, the file will read as zero.
Result<> FlatDestination::reserve_zeroed(std::uint64_t, std::uint64_t) {
    return {};
}

Result<> FlatDestination::close() {
    KDK_TRY(begin());
    KDK_TRY(send(bytes_of(FlatRecord{to_flat(flat_end), to_flat(flat_end)})));
    return PipeDestination::close();
}

Result<> FlatDestination::restart() {
    KDK_TRY(PipeDestination::restart());
    begun_ = false;
    return {};
}

} // namespace kdumpkit::dump::format
