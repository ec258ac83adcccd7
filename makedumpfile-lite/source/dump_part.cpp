// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/source/dump_part.h"

#include "base/bytes.h"
#include "base/range.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace kdumpkit::dump {

namespace {

constexpr std::uint64_t most_notes = std::uint64_t{64} << 20;
constexpr std::uint64_t most_text = std::uint64_t{1} << 20;

} // namespace

Error DumpPart::corrupt(std::string reason) const {
    return make_error(ErrorKind::corrupt, "reassemble", name_, std::move(reason))
        .then("name the parts that --split wrote")
        .from(ErrorSide::source);
}

Result<DumpPart> DumpPart::open(const std::string& path) {
    DumpPart part;
    part.name_ = path;
    KDK_ASSIGN(part.fd_, open_file(path, O_RDONLY).map_error([](Error error) {
        return std::move(error).from(ErrorSide::source);
    }));
    const off_t size = ::lseek(part.fd_.get(), 0, SEEK_END);
    part.size_ = size > 0 ? static_cast<std::uint64_t>(size) : 0;
    KDK_TRY(part.check_headers());
    return part;
}

Result<std::vector<std::byte>> DumpPart::read_bytes(std::uint64_t offset, std::uint64_t size,
                                                    std::uint64_t most) const {
    if (size > most || offset > size_ || size_ - offset < size)
        return fail(corrupt(fmt::format("{} bytes at {} are outside the file", size, offset)));
    std::vector<std::byte> bytes(static_cast<std::size_t>(size));
    KDK_TRY(pread_exact(fd_.get(), offset, bytes, name_));
    return bytes;
}

Result<> DumpPart::check_headers() {
    if (size_ < sizeof(header_))
        return fail(corrupt("it is no kdump-compressed dump: it is too short"));
    KDK_TRY(pread_exact(fd_.get(), 0, std::as_writable_bytes(std::span(&header_, 1)), name_));
    if (!std::equal(std::begin(header_.signature), std::end(header_.signature),
                    std::begin(format::signature)))
        return fail(corrupt("it is no kdump-compressed dump"));
    if (header_.header_version < format::header_version)
        return fail(make_error(ErrorKind::unsupported, "reassemble", name_,
                               fmt::format("header version {}", header_.header_version))
                        .then("use makedumpfile --reassemble")
                        .from(ErrorSide::source));
    const auto block = static_cast<std::uint64_t>(header_.block_size);
    if (header_.block_size < 4096 || header_.block_size > 65536 || !std::has_single_bit(block) ||
        header_.sub_header_blocks < 1)
        return fail(corrupt("its header makes no sense"));
    if (size_ < block + sizeof(sub_header_))
        return fail(corrupt("it ends inside its headers"));
    KDK_TRY(pread_exact(fd_.get(), block, std::as_writable_bytes(std::span(&sub_header_, 1)), name_));
    bitmap_ = (1 + static_cast<std::uint64_t>(header_.sub_header_blocks)) * block;
    bitmap_size_ = header_.bitmap_blocks / 2 * block;
    descriptors_ = bitmap_ + header_.bitmap_blocks * block;
    if (sub_header_.split == 0)
        return fail(
            make_error(ErrorKind::invalid, "reassemble", name_, "it is a whole dump, and no part of one")
                .then("leave it out")
                .from(ErrorSide::source));
    if (descriptors_ > size_ || sub_header_.max_mapnr > PageSet::highest_limit ||
        sub_header_.max_mapnr > bitmap_size_ * 8 || sub_header_.start_pfn > sub_header_.end_pfn ||
        sub_header_.end_pfn > sub_header_.max_mapnr)
        return fail(corrupt("its headers contradict each other"));
    KDK_ASSIGN(notes_, read_bytes(sub_header_.offset_note, sub_header_.size_note, most_notes));
    KDK_ASSIGN(const auto info,
               read_bytes(sub_header_.offset_vmcoreinfo, sub_header_.size_vmcoreinfo, most_text));
    vmcoreinfo_ = as_text(info);
    KDK_ASSIGN(const auto erased,
               read_bytes(sub_header_.offset_eraseinfo, sub_header_.size_eraseinfo, most_text));
    eraseinfo_ = as_text(erased);
    return {};
}

bool DumpPart::same_dump(const DumpPart& other) const {
    format::DiskDumpHeader mine = header_;
    format::DiskDumpHeader theirs = other.header_;
    mine.status &= ~format::status_incomplete;
    theirs.status &= ~format::status_incomplete;
    // Compressions differ where a part held nothing that shrinks: that is no other dump.
    return std::memcmp(&mine, &theirs, sizeof(mine)) == 0 && limit() == other.limit() &&
           sub_header_.dump_level == other.sub_header_.dump_level &&
           sub_header_.phys_base == other.sub_header_.phys_base && notes_ == other.notes_ &&
           vmcoreinfo_ == other.vmcoreinfo_;
}

format::KdumpFacts DumpPart::facts() const {
    format::KdumpFacts facts;
    const auto text = [](const char(&field)[65]) { return std::string(field, ::strnlen(field, 65)); };
    const format::Utsname& names = header_.utsname;
    facts.utsname = {text(names.sysname), text(names.nodename), text(names.release),
                     text(names.version), text(names.machine),  text(names.domainname)};
    facts.page_size = page_size();
    facts.phys_base = sub_header_.phys_base;
    facts.crash_time = static_cast<std::uint64_t>(header_.timestamp_seconds);
    facts.level = static_cast<unsigned>(sub_header_.dump_level);
    facts.compression = header_.status & ~format::status_incomplete;
    facts.notes = notes_;
    facts.vmcoreinfo = vmcoreinfo_;
    facts.eraseinfo = eraseinfo_;
    return facts;
}

Result<PageSet> DumpPart::read_set(unsigned which) const {
    PageSet set(limit());
    std::vector<std::byte> chunk(std::size_t{64} << 10);
    for (std::uint64_t at = 0; at < bitmap_size_; at += chunk.size()) {
        const std::size_t size = std::min<std::uint64_t>(chunk.size(), bitmap_size_ - at);
        KDK_TRY(
            pread_exact(fd_.get(), bitmap_ + which * bitmap_size_ + at, std::span(chunk).first(size), name_));
        std::uint64_t run = 0;
        for (std::uint64_t bit = 0; bit < size * 8; ++bit) {
            if (bit % 8 == 0 && run == 0 && chunk[bit / 8] == std::byte{0}) {
                bit += 7;
                continue;
            }
            if ((chunk[bit / 8] >> (bit % 8) & std::byte{1}) != std::byte{0}) {
                ++run;
            } else if (run != 0) {
                set.insert(at * 8 + bit - run, at * 8 + bit);
                run = 0;
            }
        }
        set.insert(at * 8 + size * 8 - run, at * 8 + size * 8);
    }
    return set;
}

Result<> DumpPart::read_descriptors(std::uint64_t first, std::span<format::PageDescriptor> out) const {
    const std::uint64_t at = descriptors_ + first * sizeof(format::PageDescriptor);
    const std::uint64_t there = (size_ - std::min(size_, at)) / sizeof(format::PageDescriptor);
    const auto here = out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), there)));
    std::fill(out.begin() + std::ssize(here), out.end(), format::PageDescriptor{});
    return pread_exact(fd_.get(), at, std::as_writable_bytes(here), name_).map_error([](Error error) {
        return std::move(error).from(ErrorSide::source);
    });
}

Result<> DumpPart::read_data(std::uint64_t offset, std::span<std::byte> out) const {
    if (offset < descriptors_ || offset > size_ || size_ - offset < out.size())
        return fail(corrupt(fmt::format("a page at {}, outside its page data", offset)));
    return pread_exact(fd_.get(), offset, out, name_);
}

} // namespace kdumpkit::dump
