// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/cpio.h"

#include "initramfs/zstd_frame.h"

#include <memory>
#include <string>

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>
#include <sys/types.h>

namespace kdumpkit::initramfs {
namespace {

using Writer = std::unique_ptr<archive, decltype(&archive_write_free)>;
using Header = std::unique_ptr<archive_entry, decltype(&archive_entry_free)>;

Failure refused(archive* writer, std::string operation, std::string object) {
    const char* why = archive_error_string(writer);
    return fail(ErrorKind::system, std::move(operation), std::move(object),
                why != nullptr ? std::string("libarchive: ") + why : "libarchive gave no reason");
}

la_ssize_t append(archive*, void* sink, const void* data, std::size_t length) {
    auto& bytes = *static_cast<std::vector<std::byte>*>(sink);
    const auto* first = static_cast<const std::byte*>(data);
    bytes.insert(bytes.end(), first, first + length);
    return static_cast<la_ssize_t>(length);
}

int add_filter(archive* writer, Packing packing) {
    int status = ARCHIVE_OK;
    switch (packing) {
    case Packing::none:
    case Packing::zstd: // libarchive knows only levels, which come with a window of their own
        return archive_write_add_filter_none(writer);
    case Packing::gzip:
        status = archive_write_add_filter_gzip(writer);
        if (status == ARCHIVE_OK) // otherwise the time of packing is in its header
            status = archive_write_set_filter_option(writer, "gzip", "timestamp", nullptr);
        if (status == ARCHIVE_OK)
            status = archive_write_set_filter_option(writer, "gzip", "compression-level", "9");
        return status;
    case Packing::bzip2:
        return archive_write_add_filter_bzip2(writer);
    case Packing::lzma:
        return archive_write_add_filter_lzma(writer);
    }
    return ARCHIVE_FATAL;
}

mode_t file_type(EntryType type) {
    switch (type) {
    case EntryType::folder:
        return AE_IFDIR;
    case EntryType::link:
        return AE_IFLNK;
    case EntryType::char_device:
        return AE_IFCHR;
    case EntryType::file:
        break;
    }
    return AE_IFREG;
}

void describe(archive_entry* header, const Entry& entry, std::size_t position) {
    archive_entry_set_pathname(header, entry.path.c_str() + 1); // relative to the root of the initramfs
    archive_entry_set_filetype(header, file_type(entry.type));
    archive_entry_set_perm(header, entry.mode);
    archive_entry_set_uid(header, 0);
    archive_entry_set_gid(header, 0);
    archive_entry_set_mtime(header, 0, 0);
    archive_entry_set_ino64(header, static_cast<la_int64_t>(position + 1));
    archive_entry_set_nlink(header, entry.type == EntryType::folder ? 2 : 1);
    archive_entry_set_size(header, 0);
    if (entry.type == EntryType::file)
        archive_entry_set_size(header, static_cast<la_int64_t>(entry.content.size()));
    if (entry.type == EntryType::link)
        archive_entry_set_symlink(header, entry.link.c_str());
    if (entry.type == EntryType::char_device) {
        archive_entry_set_rdevmajor(header, entry.major);
        archive_entry_set_rdevminor(header, entry.minor);
    }
}

} // namespace

std::string_view to_text(Packing packing) {
    switch (packing) {
    case Packing::none:
        return "none";
    case Packing::gzip:
        return "gzip";
    case Packing::bzip2:
        return "bzip2";
    case Packing::lzma:
        return "lzma";
    case Packing::zstd:
        return "zstd";
    }
    return "none";
}

Result<Archive> write_cpio(const std::vector<Entry>& entries, Packing packing) {
    Archive result;
    const Writer owner(archive_write_new(), &archive_write_free);
    archive* const writer = owner.get();
    if (writer == nullptr)
        return fail(ErrorKind::system, "write", "the cpio archive", "out of memory");
    const std::string name(to_text(packing));
    // ARCHIVE_WARN means that libarchive would start an outside program instead of a library: not
    // deterministic.
    if (add_filter(writer, packing) != ARCHIVE_OK)
        return refused(writer, "pack with", name);
    if (archive_write_set_format_cpio_newc(writer) != ARCHIVE_OK ||
        archive_write_set_bytes_in_last_block(writer, 1) != ARCHIVE_OK ||
        archive_write_open(writer, &result.bytes, nullptr, append, nullptr) != ARCHIVE_OK)
        return refused(writer, "begin", "the cpio archive");

    for (std::size_t position = 0; position < entries.size(); ++position) {
        const Entry& entry = entries[position];
        if (entry.path.size() < 2 || entry.path.front() != '/')
            return fail(ErrorKind::invalid, "pack", entry.path, "not an absolute path");
        const Header header(archive_entry_new(), &archive_entry_free);
        describe(header.get(), entry, position);
        if (archive_write_header(writer, header.get()) != ARCHIVE_OK)
            return refused(writer, "pack", entry.path);
        if (entry.type != EntryType::file || entry.content.empty())
            continue;
        if (archive_write_data(writer, entry.content.data(), entry.content.size()) !=
            static_cast<la_ssize_t>(entry.content.size()))
            return refused(writer, "pack", entry.path);
    }
    if (archive_write_close(writer) != ARCHIVE_OK)
        return refused(writer, "finish", "the cpio archive");
    result.unpacked = static_cast<std::uint64_t>(archive_filter_bytes(writer, 0));
    if (packing == Packing::zstd) {
        KDK_ASSIGN(result.bytes, zstd_frame(result.bytes));
    }
    return result;
}

} // namespace kdumpkit::initramfs
