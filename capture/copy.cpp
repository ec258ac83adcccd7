// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/copy.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/progress.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kdumpkit::capture {
namespace {

constexpr std::size_t block = 4096;

bool all_zero(Bytes bytes) {
    // The first byte is zero and every byte equals the one before: memcmp does it at memory speed.
    return bytes.empty() ||
           (bytes[0] == std::byte{0} && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

class Copier {
  public:
    Copier(System& system, int source, int destination, std::string destination_name,
           const CopyOptions& options)
        : system_(system), source_(source), destination_(destination), name_(std::move(destination_name)),
          options_(options), buffer_(options.window) {}

    CopyReport run(std::uint64_t size) {
        report_.source_size = size;
        for (std::uint64_t at = 0; at < size && !report_.stopped;) {
            const std::size_t length = std::min<std::uint64_t>(options_.window, size - at);
            const bool more = (options_.map_source && put_mapped(at, length)) || put_read(at, length);
            at += length;
            if (options_.progress)
                options_.progress(report_);
            if (!more)
                break; // the source ended early
            if (at < size && !report_.stopped && system_.boot_seconds() >= options_.until)
                report_.stopped =
                    make_error(ErrorKind::system, "copy to", name_, "the target's deadline came first")
                        .from(ErrorSide::destination);
        }
        // Holes at the end count as well: the file gets the source's length, unless it was cut.
        if (!report_.stopped && ::ftruncate(destination_, static_cast<off_t>(end_)) != 0)
            report_.stopped = system_error("set the size of", name_, errno).from(ErrorSide::destination);
        return std::move(report_);
    }

  private:
    // False when the source cannot be mapped here; reading may still get parts of it.
    bool put_mapped(std::uint64_t at, std::size_t length) {
        void* place = ::mmap(nullptr, length, PROT_READ, MAP_PRIVATE, source_, static_cast<off_t>(at));
        if (place == MAP_FAILED)
            return false;
        put(at, Bytes(static_cast<const std::byte*>(place), length));
        ::munmap(place, length);
        return true;
    }

    ssize_t read(std::size_t length, std::uint64_t at) {
        if (options_.read)
            return options_.read(source_, buffer_.data(), length, at);
        return ::pread(source_, buffer_.data(), length, static_cast<off_t>(at));
    }

    // False at the end of the source.
    bool put_read(std::uint64_t at, std::size_t length) {
        std::size_t done = 0;
        while (done < length && !report_.stopped) {
            const ssize_t got = read(length - done, at + done);
            if (got < 0 && errno == EINTR)
                continue;
            if (got == 0)
                return false;
            if (got > 0) {
                put(at + done, Bytes(buffer_).first(static_cast<std::size_t>(got)));
                done += static_cast<std::size_t>(got);
                continue;
            }
            const std::size_t skipped = skip_unreadable(at + done, length - done);
            if (skipped == 0)
                return false;
            done += skipped;
        }
        return true;
    }

    // A whole read failed: take the blocks that can be had one by one. Answers how far it went.
    std::size_t skip_unreadable(std::uint64_t at, std::size_t length) {
        std::size_t done = 0;
        while (done < length && !report_.stopped) {
            const std::size_t step =
                std::min(length - done, block - static_cast<std::size_t>((at + done) % block));
            const ssize_t got = read(step, at + done);
            if (got < 0 && errno == EINTR)
                continue;
            if (got == 0)
                break;
            if (got > 0) {
                put(at + done, Bytes(buffer_).first(static_cast<std::size_t>(got)));
                done += static_cast<std::size_t>(got);
                continue;
            }
            if (!report_.first_unreadable)
                report_.first_unreadable = at + done;
            report_.unreadable += step;
            end_ = at + done + step;
            done += step;
        }
        return done;
    }

    // Writes runs of blocks that are not zero; blocks are aligned in the file.
    void put(std::uint64_t at, Bytes bytes) {
        std::size_t begin = 0; // of the run in hand
        for (std::size_t i = 0; i < bytes.size();) {
            const std::size_t step =
                std::min(bytes.size() - i, block - static_cast<std::size_t>((at + i) % block));
            if (all_zero(bytes.subspan(i, step))) {
                if (!write(at + begin, bytes.subspan(begin, i - begin)))
                    return;
                report_.zero += step;
                report_.copied += step;
                begin = i + step;
            }
            i += step;
        }
        if (write(at + begin, bytes.subspan(begin)))
            end_ = at + bytes.size();
    }

    bool write(std::uint64_t at, Bytes bytes) {
        if (bytes.empty())
            return true;
        auto result = system_.write_at(destination_, at, bytes, name_);
        if (!result) {
            report_.stopped = std::move(result).error();
            return false;
        }
        report_.copied += bytes.size();
        return true;
    }

    System& system_;
    int source_;
    int destination_;
    std::string name_;
    const CopyOptions& options_;
    std::vector<std::byte> buffer_;
    CopyReport report_;
    std::uint64_t end_ = 0;
};

} // namespace

std::string CopyReport::partial_reason() const {
    if (stopped)
        return stopped->message();
    if (unreadable != 0)
        return fmt::format("{} of the crashed memory could not be read, first at offset {:#x}",
                           human_bytes(unreadable), first_unreadable.value_or(0));
    if (copied != source_size)
        return fmt::format("the crashed memory ended after {} bytes, {} were promised", copied, source_size);
    return {};
}

Result<CopyReport> copy_vmcore(System& system, const std::string& source, const std::string& destination,
                               const CopyOptions& options) {
    KDK_ASSIGN(const Fd input, open_file(source, O_RDONLY).map_error([](Error e) {
        return std::move(e).from(ErrorSide::source);
    }));
    struct stat status {};
    if (::fstat(input.get(), &status) != 0)
        return fail(system_error("look at", source, errno).from(ErrorSide::source));
    if (status.st_size <= 0)
        return fail(make_error(ErrorKind::corrupt, "copy", source, "it is empty").from(ErrorSide::source));
    KDK_ASSIGN(Fd output,
               open_file(destination, O_WRONLY | O_CREAT | O_TRUNC, 0600).map_error(blame_destination));
    CopyReport report = Copier(system, input.get(), output.get(), destination, options)
                            .run(static_cast<std::uint64_t>(status.st_size));
    auto closed = output.close(destination);
    if (!closed && !report.stopped)
        report.stopped = std::move(closed).error();
    return report;
}

} // namespace kdumpkit::capture
