// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/dmesg.h"

#include "base/bytes.h"
#include "base/file.h"
#include "makedumpfile-lite/kernel/kernel.h"
#include "makedumpfile-lite/source/image.h"

#include <cerrno>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

namespace kdumpkit::dump {

namespace {

// Where the kernel's log goes. The file is made at the first words: a vmcore without a log leaves none
// behind.
class LogFile {
  public:
    explicit LogFile(const Options& options) : options_(options) {}

    Result<> write(std::string_view text) {
        if (!fd_.valid())
            KDK_TRY(open());
        return write_all(fd_.get(), as_bytes(text), name_);
    }
    Result<> finish() {
        if (!fd_.valid())
            KDK_TRY(open());
        // Pipes and terminals have nothing to sync.
        if (::fsync(fd_.get()) != 0 && errno != EINVAL && errno != EROFS)
            return fail(system_error("fsync", name_, errno).from(ErrorSide::destination));
        return fd_.close(name_);
    }

  private:
    Result<> open() {
        if (options_.output == "-") {
            name_ = "standard output";
            fd_ = Fd(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
            return fd_.valid() ? Result<>()
                               : fail(system_error("use", name_, errno).from(ErrorSide::destination));
        }
        name_ = options_.output;
        const int flags = O_WRONLY | O_CREAT | (options_.overwrite ? O_TRUNC : O_EXCL);
        KDK_ASSIGN(fd_, open_file(name_, flags, 0600).map_error([](Error error) {
            return std::move(error).from(ErrorSide::destination);
        }));
        return {};
    }

    const Options& options_;
    Fd fd_;
    std::string name_;
};

} // namespace

Result<> extract_dmesg(const Options& options, const Log& log) {
    KDK_ASSIGN(const auto image, open_image(options.source).map_error([](Error error) {
        return std::move(error).from(ErrorSide::source);
    }));
    for (const std::string& warning : image->warnings())
        log.warning("{}", warning);
    KDK_ASSIGN(const auto kernel, Kernel::open(*image, log, Kernel::Depth::log));
    LogFile file(options);
    std::string buffer;
    constexpr std::size_t buffer_limit = std::size_t{64} << 10;
    auto read = read_dmesg(*image, *kernel, [&](std::string_view text) -> Result<> {
        buffer += text;
        if (buffer.size() < buffer_limit)
            return {};
        KDK_TRY(file.write(buffer));
        buffer.clear();
        return {};
    });
    // A ring that is damaged half-way still gave its first half.
    if (!buffer.empty() && (read || read.error().side != ErrorSide::destination))
        KDK_TRY(file.write(buffer));
    if (!read)
        return read;
    return file.finish();
}

} // namespace kdumpkit::dump
