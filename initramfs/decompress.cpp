// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/decompress.h"

#include "base/bytes.h"
#include "base/file.h"

#include <memory>

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

namespace kdumpkit::initramfs {
namespace {

// libarchive has no rule for telling plain bytes from packed ones, and its format "raw" refuses empty files.
bool is_packed(Bytes bytes) {
    using namespace std::string_view_literals;
    for (const std::string_view magic : {"\x1f\x8b"sv,
                                         "\xfd"
                                         "7zXZ\0"sv,
                                         "\x28\xb5\x2f\xfd"sv, "BZh"sv, "\x5d\0\0"sv})
        if (as_text(bytes).starts_with(magic))
            return true;
    return false;
}

} // namespace

Result<std::vector<std::byte>> read_unpacked(const std::string& path, std::size_t limit) {
    KDK_ASSIGN(std::vector<std::byte> packed, read_file(path, limit));
    if (!is_packed(packed))
        return packed;

    const std::unique_ptr<archive, decltype(&archive_read_free)> owner(archive_read_new(),
                                                                       &archive_read_free);
    archive* const reader = owner.get();
    auto broken = [&]() {
        const char* why = archive_error_string(reader);
        return fail(ErrorKind::corrupt, "unpack", path, why != nullptr ? why : "");
    };
    archive_entry* entry = nullptr;
    if (reader == nullptr || archive_read_support_filter_all(reader) < ARCHIVE_WARN ||
        archive_read_support_format_raw(reader) != ARCHIVE_OK ||
        archive_read_open_memory(reader, packed.data(), packed.size()) != ARCHIVE_OK ||
        archive_read_next_header(reader, &entry) != ARCHIVE_OK)
        return broken();
    std::vector<std::byte> bytes;
    for (;;) {
        const void* block = nullptr;
        std::size_t length = 0;
        la_int64_t offset = 0;
        const int status = archive_read_data_block(reader, &block, &length, &offset);
        if (status == ARCHIVE_EOF)
            return bytes;
        if (status != ARCHIVE_OK)
            return broken();
        if (length > limit - bytes.size())
            return fail(ErrorKind::unsupported, "unpack", path, fmt::format("more than {} bytes", limit));
        const auto* first = static_cast<const std::byte*>(block);
        bytes.insert(bytes.end(), first, first + length);
    }
}

} // namespace kdumpkit::initramfs
