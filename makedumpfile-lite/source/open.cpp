// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/file.h"
#include "makedumpfile-lite/source/elf_vmcore.h"
#include "makedumpfile-lite/source/image.h"

#include <array>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

namespace kdumpkit::dump {

namespace {

using namespace std::string_view_literals;

// Files that people hand over by mistake, by their first bytes.
struct Lookalike {
    std::string_view magic;
    std::string_view what;
    std::string_view next_step;
};
constexpr std::array lookalikes = {
    Lookalike{"KDUMP   "sv, "a kdump-compressed dump, already filtered", "open it with crash or drgn"},
    Lookalike{"DISKDUMP"sv, "a diskdump", "open it with crash"},
    Lookalike{"makedumpfile\0"sv, "a flattened dump", "rearrange it with makedumpfile -R first"},
    Lookalike{"\x1f\x8b"sv, "a gzip file", "decompress it first"},
    Lookalike{"\x28\xb5\x2f\xfd"sv, "a zstd file", "decompress it first"},
    Lookalike{"\xfd\x37zXZ\0"sv, "an xz file", "decompress it first"},
};

} // namespace

Result<std::unique_ptr<Image>> open_image(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0 && (S_ISDIR(status.st_mode) || S_ISFIFO(status.st_mode)))
        return fail(make_error(ErrorKind::invalid, "open", path,
                               S_ISDIR(status.st_mode) ? "it is a folder"
                                                       : "it is a pipe, and the vmcore is read "
                                                         "in no particular order")
                        .then("name /proc/vmcore or a copy of it")
                        .from(ErrorSide::source));
    std::array<std::byte, 16> head{};
    std::size_t size = 0;
    {
        KDK_ASSIGN(const Fd fd, open_file(path, O_RDONLY));
        KDK_ASSIGN(size, pread_some(fd.get(), 0, head, path));
    }
    const std::string_view start = as_text(Bytes(head).first(size));
    if (start.starts_with("\x7f"
                          "ELF"sv))
        return open_elf_vmcore(path);
    for (const Lookalike& known : lookalikes)
        if (start.starts_with(known.magic))
            return fail(make_error(ErrorKind::unsupported, "open", path, fmt::format("it is {}", known.what))
                            .then(std::string(known.next_step))
                            .from(ErrorSide::source));
    return fail(make_error(ErrorKind::corrupt, "open", path,
                           size == 0 ? "it is empty" : "it is not a crash image (no ELF header)")
                    .then("name /proc/vmcore or a copy of it")
                    .from(ErrorSide::source));
}

} // namespace kdumpkit::dump
