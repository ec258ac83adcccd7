// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/source/open.h"

#include "makedumpfile-lite/source/content.h"
#include "makedumpfile-lite/source/elf_vmcore.h"
#include "makedumpfile-lite/source/flattened_content.h"
#include "makedumpfile-lite/source/image.h"
#include "makedumpfile-lite/source/kdump_file.h"
#include "makedumpfile-lite/source/stream_file.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>

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
    Lookalike{"DISKDUMP"sv, "a diskdump, which the kdump-compressed format has replaced",
              "open it with crash"},
    Lookalike{"\x1f\x8b"sv, "a gzip file", "decompress it first"},
    Lookalike{"\x28\xb5\x2f\xfd"sv, "a zstd file", "decompress it first"},
    Lookalike{"\xfd\x37zXZ\0"sv, "an xz file", "decompress it first"},
};

// What is the running kernel's memory must not be mistaken for a file: its size and its consistency differ.
bool is_kcore(const std::string& path) {
    struct statfs filesystem {};
    if (::statfs(path.c_str(), &filesystem) != 0 || filesystem.f_type != PROC_SUPER_MAGIC)
        return false;
    std::error_code ignored;
    return std::filesystem::canonical(path, ignored).filename() == "kcore";
}

Result<std::string> first_bytes(const Content& content) {
    std::array<std::byte, 16> head{};
    const auto part = std::span(head).first(std::min<std::uint64_t>(head.size(), content.size()));
    KDK_TRY(content.read(0, part));
    return std::string(as_text(Bytes(part)));
}

} // namespace

Result<std::unique_ptr<Content>> open_content(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0 && (S_ISDIR(status.st_mode) || S_ISFIFO(status.st_mode)))
        return fail(make_error(ErrorKind::invalid, "open", path,
                               S_ISDIR(status.st_mode) ? "it is a folder"
                                                       : "it is a pipe, and a crash image is read "
                                                         "in no particular order")
                        .then("name /proc/vmcore or a copy of it")
                        .from(ErrorSide::source));
    KDK_ASSIGN(std::unique_ptr<Content> content,
               is_kcore(path) ? open_live_content(path) : open_file_content(path));
    KDK_ASSIGN(const std::string start, first_bytes(*content));
    if (start.starts_with("makedumpfile\0"sv))
        return open_flattened_content(std::move(content));
    return content;
}

Result<std::unique_ptr<Image>> open_image(const std::string& path) {
    return open_image(path, OpenOptions{});
}

Result<std::unique_ptr<Image>> open_image(const std::string& path, const OpenOptions& options) {
    KDK_ASSIGN(std::unique_ptr<Content> content, open_content(path));
    KDK_ASSIGN(const std::string start, first_bytes(*content));
    if (start.starts_with("\x7f"
                          "ELF"sv))
        return open_elf_vmcore(std::move(content), {.use_mmap = options.use_mmap, .live = is_kcore(path)});
    if (start.starts_with("KDUMP   "sv))
        return open_kdump_file(std::move(content));
    if (start.starts_with("\x5b\x2a\x4d\x18"sv)) // format::stream_magic
        return open_stream_file(std::move(content));
    for (const Lookalike& known : lookalikes)
        if (start.starts_with(known.magic))
            return fail(make_error(ErrorKind::unsupported, "open", path, fmt::format("it is {}", known.what))
                            .then(std::string(known.next_step))
                            .from(ErrorSide::source));
    return fail(make_error(ErrorKind::corrupt, "open", path,
                           content->size() == 0 ? "it is empty"
                           : content->flattened()
                               ? "it is a flattened file, but what it describes is no crash image"
                               : "it is not a crash image (neither an ELF core nor a dump)")
                    .then("name /proc/vmcore or a copy of it")
                    .from(ErrorSide::source));
}

} // namespace kdumpkit::dump
