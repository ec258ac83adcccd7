// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/image/pe.h"

#include <algorithm>

namespace kdumpkit::loader {

namespace {
// IMAGE_FILE_HEADER after the signature, and IMAGE_SECTION_HEADER.
constexpr std::uint64_t lfanew_at = 0x3c, sections_at = 6, optional_size_at = 20, file_header_size = 24,
                        section_size = 40, virtual_size_at = 8, raw_size_at = 16, raw_offset_at = 20;
constexpr unsigned most_sections = 96;
} // namespace

std::optional<std::vector<PeSection>> pe_sections(Bytes file) {
    const ByteReader reader(file);
    const auto header = reader.u32(lfanew_at);
    if (!as_text(file).starts_with("MZ") || !header || reader.u32(*header) != 0x4550U) // "PE\0\0"
        return std::nullopt;
    const std::uint64_t count = reader.u16(std::uint64_t{*header} + sections_at).value_or(0);
    const std::uint64_t table = std::uint64_t{*header} + file_header_size +
                                reader.u16(std::uint64_t{*header} + optional_size_at).value_or(0);
    std::vector<PeSection> sections;
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(count, most_sections); ++i) {
        const auto entry = reader.slice(table + i * section_size, section_size);
        if (!entry) { // all that follow are missing, too
            sections.push_back({{}, {}, false});
            break;
        }
        const ByteReader fields(*entry);
        const std::string_view padded = as_text(entry->first(8));
        const std::uint64_t virtual_size = *fields.u32(virtual_size_at), raw = *fields.u32(raw_size_at),
                            at = *fields.u32(raw_offset_at);
        const std::uint64_t size = virtual_size == 0 ? raw : std::min(virtual_size, raw);
        const std::uint64_t begin = std::min<std::uint64_t>(at, file.size());
        const std::uint64_t there = std::min<std::uint64_t>(size, file.size() - begin);
        sections.push_back({padded.substr(0, std::min(padded.find('\0'), padded.size())),
                            file.subspan(begin, there), there == size});
    }
    return sections;
}

std::optional<Range> pe_signature(Bytes file) {
    const ByteReader reader(file);
    const auto header = reader.u32(lfanew_at);
    if (!as_text(file).starts_with("MZ") || !header || reader.u32(*header) != 0x4550U)
        return std::nullopt;
    // IMAGE_OPTIONAL_HEADER: its data directories lie further back in a PE32+ (0x20b); the fifth is the
    // certificate table.
    const std::uint64_t optional = std::uint64_t{*header} + file_header_size;
    const std::uint64_t directories = reader.u16(optional) == 0x20b ? 112 : 96;
    const std::uint32_t count = reader.u32(optional + directories - 4).value_or(0);
    const std::uint64_t entry = optional + directories + std::uint64_t{4} * 8;
    const std::uint64_t size = count > 4 ? reader.u32(entry + 4).value_or(0) : 0;
    if (size == 0)
        return Range{};
    const std::uint64_t begin = reader.u32(entry).value_or(0); // this one is a place in the file
    return Range{begin, begin + size};
}

std::optional<bool> has_pe_signature(Bytes file) {
    const auto signature = pe_signature(file);
    return signature ? std::optional(!signature->empty()) : std::nullopt;
}

} // namespace kdumpkit::loader
