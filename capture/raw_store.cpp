// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/raw_store.h"

#include "base/progress.h"
#include "capture/vigil.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace kdumpkit::capture {
namespace {

// In front of the dump, for the last words: the dump may fill the partition to its end.
constexpr std::uint64_t last_words = std::uint64_t{1} << 20;

std::uint64_t aligned(std::uint64_t offset) {
    return (offset + raw_frame::alignment - 1) / raw_frame::alignment * raw_frame::alignment;
}

Failure refused(const std::string& device, const std::string& reason, const char* next) {
    return fail(
        make_error(ErrorKind::invalid, "write to", device, reason).then(next).from(ErrorSide::destination));
}

} // namespace

Result<> RawStore::open(const std::string& name) {
    device_ = target_.path;
    const double since = c_.system.boot_seconds();
    while (!file_exists(device_)) {
        if (c_.system.boot_seconds() - since > static_cast<double>(c_.device_patience.count()))
            return fail(make_error(ErrorKind::absent, "find the partition", device_,
                                   fmt::format("it did not appear in {} s", c_.device_patience.count()))
                            .from(ErrorSide::destination));
        c_.system.sleep(std::chrono::milliseconds(200));
    }
    c_.took("wait", since);
    if (const auto old = read_raw_dump(device_)) {
        if (old->complete && !old->taken)
            return refused(device_, "it holds a whole dump, " + old->folder,
                           "Take it off with `kdumpkit extract`, then the next one has room.");
    } else if (old.error().kind == ErrorKind::absent) {
        KDK_ASSIGN(const std::string holds, c_.system.signature(device_).map_error(blame_destination));
        if (!holds.empty())
            return refused(device_, fmt::format("it holds {}, which is not ours", holds),
                           "Name a partition that is for dumps alone.");
    } else if (old.error().kind != ErrorKind::corrupt)
        return fail(blame_destination(old.error()));
    KDK_ASSIGN(fd_, open_file(device_, O_RDWR).map_error(blame_destination));
    const off_t end = ::lseek(fd_.get(), 0, SEEK_END);
    size_ = end > 0 ? static_cast<std::uint64_t>(end) : 0;
    if (size_ < 4 * last_words)
        return refused(device_, "it is too small", "Name a partition with room for a dump.");
    // From here to the first header nobody takes what is there for a dump.
    KDK_TRY(c_.system.write_at(fd_.get(), 0, std::vector<std::byte>(raw_frame::header_bytes), device_));
    next_ = raw_frame::header_bytes;
    end_ = size_;
    frame_.utc = c_.summary.crash.crash_time.value_or(c_.summary.capture_start_utc);
    frame_.host = c_.frozen.host;
    frame_.folder = name;
    c_.log.say("saving to {} ({}) as {}", device_, human_bytes(size_), name);
    return {};
}

Result<> RawStore::put_log(const std::string& path) {
    KDK_ASSIGN(const auto bytes, read_file(path));
    return put("dmesg.txt", bytes);
}

Result<> RawStore::put_summary(const std::string& text) {
    auto put_there = put("summary.json", as_bytes(text));
    // Whatever became of the summary, the header tells what is there.
    KDK_TRY(write_header());
    return put_there;
}

Result<> RawStore::put_capture_log() {
    return put("capture.log", as_bytes(c_.log.history()));
}

TryEnd RawStore::filter(const Method& method) {
    const std::string summary = c_.places.scratch + "/collector.json";
    dump_at_ = end_ = aligned(next_) + last_words;
    if (::lseek(fd_.get(), static_cast<off_t>(dump_at_), SEEK_SET) < 0) {
        Attempt attempt;
        attempt.ending = Ending::destination_failed;
        attempt.outcome = system_error("go to the place of the dump on", device_, errno).message();
        return judge(c_, std::move(attempt));
    }
    const auto written = [this] {
        const off_t at = ::lseek(fd_.get(), 0, SEEK_CUR); // the collector's descriptor shares it
        return at < 0 ? 0 : static_cast<std::uint64_t>(at) - dump_at_;
    };
    const CollectorRun run =
        run_collector_onto(c_, stream_argv(c_, method, summary), fd_.get(), written, dump_limits(c_));
    dump_bytes_ = written();
    dump_name_ = stream_name(c_.frozen.settings.stream);
    return judge(c_, attempt_with(dump_bytes_, attempt_of(run.status, run.text())), summary);
}

// As it is, the memory has holes that a partition has not.
TryEnd RawStore::copy() {
    TryEnd end;
    end.attempt.ending = Ending::failed;
    end.attempt.outcome = "a raw partition takes no plain copy";
    return end;
}

std::uint64_t RawStore::settle(bool whole) {
    if (!whole && !dump_name_.empty())
        dump_name_ += ".incomplete";
    if (dump_bytes_ != 0)
        frame_.files.push_back({dump_name_, dump_at_, dump_bytes_, {}});
    return dump_bytes_;
}

// Read back, so that the checksum is of what is on the disk. The header names the dump before that, which may
// take long; a dump without a checksum is better than none at the deadline.
Result<> RawStore::finish() {
    KDK_TRY(write_header());
    ::posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_DONTNEED);
    Sha256 digest;
    std::vector<std::byte> window(std::size_t{1} << 20);
    std::uint64_t at = 0;
    for (; at < dump_bytes_ && c_.system.boot_seconds() < c_.until; at += window.size()) {
        const std::size_t part = std::min<std::uint64_t>(window.size(), dump_bytes_ - at);
        KDK_TRY(pread_exact(fd_.get(), dump_at_ + at, std::span(window).first(part), device_)
                    .map_error(blame_destination));
        digest.update(std::span(window).first(part));
    }
    if (at >= dump_bytes_)
        frame_.files.back().sha256 = digest.finish();
    else
        c_.log.say("warning: the dump was not read back, the target's deadline came first");
    frame_.complete = true;
    return {};
}

std::vector<SavedFile> RawStore::files() {
    std::vector<SavedFile> found;
    for (const RawDump::File& file : frame_.files)
        if (file.name != "summary.json")
            found.push_back({file.name, file.bytes, aligned(file.bytes)});
    return found;
}

Result<> RawStore::put(const std::string& name, Bytes bytes) {
    const std::uint64_t at = aligned(next_);
    if (at > end_ || bytes.size() > end_ - at)
        return fail(system_error("save " + name + " on", device_, ENOSPC).from(ErrorSide::destination));
    KDK_TRY(c_.system.write_at(fd_.get(), at, bytes, device_));
    std::erase_if(frame_.files, [&](const RawDump::File& file) { return file.name == name; });
    frame_.files.push_back({name, at, bytes.size(), sha256_of(bytes)});
    next_ = at + bytes.size();
    return {};
}

Result<> RawStore::write_header() {
    KDK_TRY(c_.system.sync(fd_.get(), device_));
    KDK_TRY(c_.system.write_at(fd_.get(), 0, to_bytes(frame_), device_));
    return c_.system.sync(fd_.get(), device_);
}

void RawStore::close() {
    fd_ = Fd();
}

} // namespace kdumpkit::capture
