// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/source/kdump_headers.h"

#include "makedumpfile-lite/source/machine.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <string_view>

#include <elf.h>
#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

using format::DiskDumpHeader;
using format::KdumpSubHeader;

constexpr std::int32_t newest_version = 6;
constexpr std::uint64_t most_blocks = std::uint64_t{1} << 31;

template<std::size_t N>
std::string text_of(const char (&field)[N]) {
    return std::string(std::string_view(field, N).substr(0, std::string_view(field, N).find('\0')));
}

// What one header says, step by step.
class Parser {
  public:
    Parser(Bytes head, const std::string& name) : head_(head), name_(name) {}

    Result<KdumpHeaders> run() {
        KDK_TRY(check_version());
        KDK_TRY(main_header());
        KDK_TRY(sub_header());
        KDK_TRY(geometry());
        return headers_;
    }

  private:
    [[nodiscard]] Failure wrong(ErrorKind kind, std::size_t offset, std::string reason,
                                std::string next = {}) const {
        Error error = make_error(kind, "open", name_, std::move(reason)).at(offset).from(ErrorSide::source);
        error.next_step = std::move(next);
        return fail(std::move(error));
    }
    [[nodiscard]] Failure corrupt(std::size_t offset, std::string reason) const {
        return wrong(ErrorKind::corrupt, offset, std::move(reason), "copy the dump again, whole");
    }

    Result<> check_version() {
        const auto header = ByteReader(head_).raw<DiskDumpHeader>(0);
        if (!header)
            return corrupt(head_.size(), "the file ends inside the header of a kdump-compressed dump");
        header_ = *header;
        const std::int32_t version = header_.header_version;
        constexpr std::size_t at = offsetof(DiskDumpHeader, header_version);
        if (version >= 1 && version <= newest_version)
            return {};
        const auto swapped = byte_swapped(static_cast<std::uint32_t>(version));
        if (swapped >= 1 && swapped <= newest_version)
            return wrong(ErrorKind::unsupported, at, "a kdump-compressed dump of a big-endian machine",
                         "open it with crash");
        if (version > newest_version && version < 100)
            return wrong(ErrorKind::unsupported, at,
                         fmt::format("a kdump-compressed dump with a header of version {}", version),
                         "use a newer kdumpkit, or the program that wrote it");
        return corrupt(at, fmt::format("a kdump-compressed dump with a header of version {}", version));
    }

    Result<> main_header() {
        DumpHeader& facts = headers_.facts;
        facts.version_number = header_.header_version;
        facts.sysname = text_of(header_.utsname.sysname);
        facts.nodename = text_of(header_.utsname.nodename);
        facts.release = text_of(header_.utsname.release);
        facts.version = text_of(header_.utsname.version);
        facts.machine = text_of(header_.utsname.machine);
        facts.domainname = text_of(header_.utsname.domainname);
        const Machine* machine = machine_named(facts.machine);
        if (machine != nullptr && !machine->readable)
            return wrong(ErrorKind::unsupported, offsetof(DiskDumpHeader, utsname),
                         fmt::format("a kdump-compressed dump of a {} machine", facts.machine),
                         "open it with crash");
        headers_.elf_machine = machine != nullptr ? machine->elf : std::uint16_t{EM_NONE};
        const auto block = static_cast<std::uint32_t>(header_.block_size);
        if (!std::has_single_bit(block) || block < 4096 || block > 65536)
            return corrupt(offsetof(DiskDumpHeader, block_size), fmt::format("blocks of {} bytes", block));
        facts.page_size = block;
        facts.crash_time = static_cast<std::uint64_t>(std::max<std::int64_t>(header_.timestamp_seconds, 0));
        facts.status = header_.status;
        headers_.incomplete = (header_.status & format::status_incomplete) != 0;
        if (header_.sub_header_blocks < 1)
            return corrupt(offsetof(DiskDumpHeader, sub_header_blocks),
                           fmt::format("{} blocks of sub-header", header_.sub_header_blocks));
        return {};
    }

    Result<> sub_header() {
        const std::uint64_t at = headers_.facts.page_size;
        const auto sub = ByteReader(head_).raw<KdumpSubHeader>(at);
        if (!sub)
            return corrupt(head_.size(), "the file ends inside the sub-header");
        const std::int32_t version = header_.header_version;
        headers_.facts.phys_base = sub->phys_base;
        if (sub->dump_level >= 0 && sub->dump_level <= 31)
            headers_.facts.level = static_cast<unsigned>(sub->dump_level);
        headers_.limit = header_.max_mapnr;
        if (version >= 6)
            headers_.limit = sub->max_mapnr;
        if (version >= 2 && sub->split != 0) {
            headers_.split = true;
            const std::uint64_t begin = version >= 6 ? sub->start_pfn : sub->start_pfn_obsolete;
            const std::uint64_t end = version >= 6 ? sub->end_pfn : sub->end_pfn_obsolete;
            if (begin > end)
                return corrupt(at + offsetof(KdumpSubHeader, start_pfn),
                               fmt::format("a split file of pfns {} to {}", begin, end));
            headers_.split_pfns = {begin, end};
        }
        if (version >= 3)
            KDK_TRY(part(headers_.vmcoreinfo, "VMCOREINFO", sub->offset_vmcoreinfo, sub->size_vmcoreinfo,
                         at + offsetof(KdumpSubHeader, offset_vmcoreinfo)));
        if (version >= 4)
            KDK_TRY(part(headers_.notes, "the ELF notes", sub->offset_note, sub->size_note,
                         at + offsetof(KdumpSubHeader, offset_note)));
        if (version >= 5)
            KDK_TRY(part(headers_.eraseinfo, "eraseinfo", sub->offset_eraseinfo, sub->size_eraseinfo,
                         at + offsetof(KdumpSubHeader, offset_eraseinfo)));
        return {};
    }

    Result<> part(Range& range, const char* what, std::uint64_t offset, std::uint64_t size, std::size_t at) {
        if (offset == 0 || size == 0)
            return {};
        const auto end = checked_add(offset, size);
        if (!end || *end > INT64_MAX)
            return corrupt(at, fmt::format("{} are said to be {} bytes at 0x{:x}", what, size, offset));
        range = {offset, *end};
        return {};
    }

    Result<> geometry() {
        const std::uint64_t block = headers_.facts.page_size;
        headers_.first_bitmap = (1 + static_cast<std::uint64_t>(header_.sub_header_blocks)) * block;
        if (header_.bitmap_blocks == 0 || header_.bitmap_blocks > most_blocks)
            return corrupt(offsetof(DiskDumpHeader, bitmap_blocks),
                           fmt::format("{} blocks of bitmaps", header_.bitmap_blocks));
        const std::uint64_t both = header_.bitmap_blocks * block;
        headers_.second_bitmap = headers_.first_bitmap + both / 2;
        headers_.descriptors = headers_.first_bitmap + both;
        if (headers_.limit == 0 || headers_.limit > PageSet::highest_limit)
            return corrupt(offsetof(DiskDumpHeader, max_mapnr),
                           fmt::format("its highest page frame is number {}", headers_.limit));
        headers_.bitmap_bytes = (headers_.limit + 7) / 8;
        if (headers_.bitmap_bytes > both / 2)
            return corrupt(offsetof(DiskDumpHeader, bitmap_blocks),
                           fmt::format("bitmaps of {} bytes for {} page frames", both / 2, headers_.limit));
        return {};
    }

    Bytes head_;
    const std::string& name_;
    DiskDumpHeader header_{};
    KdumpHeaders headers_;
};

} // namespace

Result<KdumpHeaders> parse_kdump_headers(Bytes head, const std::string& name) {
    return Parser(head, name).run();
}

} // namespace kdumpkit::dump
