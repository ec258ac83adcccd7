// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/raw_frame.h"

#include "base/file.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace kdumpkit {
namespace {

template<std::size_t N>
void put(std::array<char, N>& out, const std::string& text) {
    std::copy_n(text.begin(), std::min(text.size(), N - 1), out.begin());
}

// Only what can be a file's name: these become paths when they are taken off the partition.
template<std::size_t N>
std::optional<std::string> name_in(const std::array<char, N>& field) {
    const auto end = std::find(field.begin(), field.end(), '\0');
    const std::string name(field.begin(), end);
    if (end == field.end() || name.empty() || name.front() == '.' || name.find('/') != std::string::npos)
        return std::nullopt;
    return name;
}

std::uint64_t aligned(std::uint64_t offset) {
    return (offset + raw_frame::alignment - 1) / raw_frame::alignment * raw_frame::alignment;
}

// Where `bytes` overwrite no file of the dump; nullopt: nowhere in `size`.
std::optional<std::uint64_t> find_gap(const RawDump& dump, std::uint64_t bytes, std::uint64_t size) {
    std::vector<RawDump::File> files = dump.files;
    std::sort(files.begin(), files.end(),
              [](const RawDump::File& a, const RawDump::File& b) { return a.offset < b.offset; });
    std::uint64_t at = raw_frame::header_bytes;
    for (const RawDump::File& file : files) {
        if (at + bytes <= file.offset)
            return at;
        at = std::max(at, aligned(file.offset + file.bytes));
    }
    return at + bytes <= size ? std::optional(at) : std::nullopt;
}

Result<> write_back(int fd, const std::string& device) {
    return ::fsync(fd) == 0 ? Result<>()
                            : fail(system_error("write back", device, errno).from(ErrorSide::destination));
}

Digest digest_of(const raw_frame::Header& header) {
    return sha256_of(bytes_of(header).first(offsetof(raw_frame::Header, sha256)));
}

} // namespace

std::vector<std::byte> to_bytes(const RawDump& dump) {
    raw_frame::Header header;
    header.flags = (dump.complete ? raw_frame::complete : 0U) | (dump.taken ? raw_frame::taken : 0U);
    header.utc = dump.utc;
    put(header.host, dump.host);
    put(header.folder, dump.folder);
    header.file_count = static_cast<std::uint32_t>(std::min(dump.files.size(), raw_frame::most_files));
    for (std::size_t i = 0; i < header.file_count; ++i) {
        put(header.files[i].name, dump.files[i].name);
        header.files[i].offset = dump.files[i].offset;
        header.files[i].bytes = dump.files[i].bytes;
        header.files[i].sha256 = dump.files[i].sha256;
    }
    header.sha256 = digest_of(header);
    const Bytes bytes = bytes_of(header);
    std::vector<std::byte> page(bytes.begin(), bytes.end());
    page.resize(raw_frame::header_bytes);
    return page;
}

Result<RawDump> parse_raw_dump(Bytes page, std::uint64_t size, const std::string& name) {
    const auto header = ByteReader(page).raw<raw_frame::Header>(0);
    if (!header || header->magic != raw_frame::magic)
        return fail(make_error(ErrorKind::absent, "find a dump on", name, "it has no header of one"));
    const auto corrupt = [&](const char* reason) {
        return fail(ErrorKind::corrupt, "read the raw dump on", name, reason);
    };
    if (header->version != raw_frame::version)
        return fail(ErrorKind::unsupported, "read the raw dump on", name, "its version is another one");
    if (header->sha256 != digest_of(*header))
        return corrupt("the checksum of its header is wrong");
    RawDump dump;
    dump.complete = (header->flags & raw_frame::complete) != 0;
    dump.taken = (header->flags & raw_frame::taken) != 0;
    dump.utc = header->utc;
    dump.host = name_in(header->host).value_or(std::string());
    const auto folder = name_in(header->folder);
    if (!folder || header->file_count > raw_frame::most_files)
        return corrupt("its header makes no sense");
    dump.folder = *folder;
    for (std::size_t i = 0; i < header->file_count; ++i) {
        const raw_frame::File& file = header->files[i];
        const auto file_name = name_in(file.name);
        if (!file_name || file.offset < raw_frame::header_bytes || file.offset > size ||
            file.bytes > size - file.offset)
            return corrupt("a file of it lies outside the partition");
        dump.files.push_back({*file_name, file.offset, file.bytes, file.sha256});
    }
    return dump;
}

Result<RawDump> read_raw_dump(const std::string& path) {
    KDK_ASSIGN(const Fd fd, open_file(path, O_RDONLY));
    const off_t size = ::lseek(fd.get(), 0, SEEK_END); // of a device, too
    if (size < 0)
        return fail(system_error("ask for the size of", path, errno));
    std::vector<std::byte> page(raw_frame::header_bytes);
    KDK_ASSIGN(const std::size_t got, pread_some(fd.get(), 0, page, path));
    page.resize(got);
    return parse_raw_dump(page, static_cast<std::uint64_t>(size), path);
}

Result<> read_raw_file(int fd, const RawDump::File& file, const std::string& name,
                       const std::function<Result<>(Bytes)>& take) {
    Sha256 digest;
    std::vector<std::byte> window(std::size_t{1} << 20);
    for (std::uint64_t at = 0; at < file.bytes; at += window.size()) {
        const auto part = std::span(window).first(std::min<std::uint64_t>(window.size(), file.bytes - at));
        KDK_TRY(pread_exact(fd, file.offset + at, part, name));
        digest.update(part);
        KDK_TRY(take(part));
    }
    if (file.sha256 != Digest{} && file.sha256 != digest.finish())
        return fail(ErrorKind::corrupt, "read", file.name + " on " + name, "its checksum is wrong");
    return {};
}

Result<> mark_taken(const std::string& device, const std::string& folder,
                    const std::optional<RawNote>& note) {
    KDK_ASSIGN(RawDump dump, read_raw_dump(device));
    if (dump.folder != folder)
        return fail(ErrorKind::absent, "mark as taken", folder,
                    fmt::format("{} holds {} now", device, dump.folder));
    KDK_ASSIGN(const Fd fd, open_file(device, O_RDWR));
    if (note) {
        const off_t size = ::lseek(fd.get(), 0, SEEK_END);
        const auto at = find_gap(dump, note->bytes.size(), size > 0 ? static_cast<std::uint64_t>(size) : 0);
        std::erase_if(dump.files, [&](const RawDump::File& file) { return file.name == note->name; });
        if (!at || dump.files.size() >= raw_frame::most_files)
            return fail(system_error("write " + note->name + " to", device, ENOSPC)
                            .then("take the dump off with `kdumpkit extract`")
                            .from(ErrorSide::destination));
        KDK_TRY(pwrite_all(fd.get(), *at, note->bytes, device));
        KDK_TRY(write_back(fd.get(), device));
        dump.files.push_back({note->name, *at, note->bytes.size(), sha256_of(note->bytes)});
    }
    dump.taken = true;
    KDK_TRY(pwrite_all(fd.get(), 0, to_bytes(dump), device));
    return write_back(fd.get(), device);
}

} // namespace kdumpkit
