// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/dmesg.h"

#include "base/bytes.h"
#include "base/file.h"
#include "makedumpfile-lite/interrupt.h"
#include "makedumpfile-lite/kernel/kernel.h"
#include "makedumpfile-lite/kernel/placed_info.h"
#include "makedumpfile-lite/output_file.h"
#include "makedumpfile-lite/source/open.h"

#include <cerrno>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kdumpkit::dump {

namespace {

// Where the kernel's log goes. Opened first; a vmcore without a log leaves no file behind.
class LogFile {
  public:
    Result<> open(const Options& options) {
        if (options.output == "-")
            return {};
        KDK_ASSIGN(file_, OutputFile::create(options.output, options.overwrite, O_WRONLY));
        return {};
    }
    Result<> write(std::string_view text) {
        if (!file_)
            return write_all(STDOUT_FILENO, as_bytes(text), "standard output");
        KDK_TRY(clear());
        auto written = write_all(file_->fd(), as_bytes(text), file_->name());
        struct stat status {};
        if (written || (::fstat(file_->fd(), &status) == 0 && status.st_size > 0))
            file_->keep();
        return written;
    }
    Result<> finish() {
        if (!file_)
            return {};
        KDK_TRY(clear());
        // Pipes and terminals have nothing to sync.
        if (::fsync(file_->fd()) != 0 && errno != EINVAL && errno != EROFS)
            return fail(system_error("fsync", file_->name(), errno).from(ErrorSide::destination));
        file_->keep();
        return file_->close();
    }

  private:
    Result<> clear() { return std::exchange(cleared_, true) ? Result<>() : file_->clear(); }

    std::optional<OutputFile> file_; // none: standard output
    bool cleared_ = false;
};

} // namespace

Result<> extract_dmesg(const Options& options, const Log& log) {
    KDK_ASSIGN(const auto image,
               open_image(options.source, OpenOptions{options.use_mmap}).map_error([](Error error) {
                   return std::move(error).from(ErrorSide::source);
               }));
    for (const std::string& warning : image->warnings())
        log.warning("{}", warning);
    LogFile file;
    KDK_TRY(file.open(options));
    // The log needs no vmlinux where the image tells about its kernel.
    KDK_ASSIGN(
        KernelSources sources,
        read_kernel_sources({options.vmcoreinfo, {}, image->vmcoreinfo().empty() ? options.vmlinux : ""}));
    KDK_TRY(place_sources(sources, *image));
    KDK_ASSIGN(const auto kernel, Kernel::open(*image, log, Kernel::Depth::log, sources));
    std::string buffer;
    constexpr std::size_t buffer_limit = std::size_t{64} << 10;
    const LogPart part = options.partial_dmesg ? LogPart::since_clear : LogPart::whole;
    auto read = read_dmesg(*image, *kernel, part, [&](std::string_view text) -> Result<> {
        buffer += text;
        if (buffer.size() < buffer_limit)
            return {};
        KDK_TRY(stop_if_interrupted(options.output));
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
