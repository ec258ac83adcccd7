// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/image_scan.h"
#include "makedumpfile-lite/kernel/kallsyms_tables.h"

#include <array>
#include <optional>
#include <string_view>
#include <vector>

namespace kdumpkit::dump {

namespace {

constexpr std::uint64_t alignment = 8; // ALGN of scripts/kallsyms.c
constexpr std::uint64_t group = 256;   // names for each marker
constexpr std::uint64_t before_digits = 2048, after_digits = 4096;
constexpr std::uint64_t max_markers = KallsymsTables::max_symbols / group;
constexpr std::uint64_t longest_group = group * 128; // bytes of 256 names of up to 127 tokens
// A character that occurs in names is its own token: those of the ten digits follow each other.
constexpr std::string_view digits{"0\0001\0002\0003\0004\0005\0006\0007\0008\0009\0", 20};

constexpr std::uint64_t align_up(std::uint64_t value) {
    return (value + alignment - 1) & ~(alignment - 1);
}

struct Tokens {
    std::uint64_t table = 0;
    std::uint64_t index = 0;
};

// `around` begins `before_digits` bytes before the tokens of the digits.
std::optional<Tokens> tokens_at(const std::vector<std::byte>& around, std::uint64_t start) {
    const ByteReader reader{Bytes(around)};
    const std::uint64_t first = align_up(start + before_digits + digits.size()) - start;
    for (std::uint64_t index = first; index + group * 2 <= around.size(); index += alignment) {
        if (reader.u16(index).value_or(1) != 0)
            continue;
        const std::uint64_t to_digits = reader.u16(index + std::uint64_t{'0'} * 2).value_or(0);
        if (to_digits > before_digits || (start + before_digits - to_digits) % alignment != 0)
            continue;
        const std::uint64_t table = before_digits - to_digits;
        bool good = true;
        for (std::uint64_t i = 0; good && i < group; ++i) {
            const std::uint64_t begin = table + reader.u16(index + i * 2).value_or(0);
            const auto token = begin < index ? reader.c_string(begin, static_cast<std::size_t>(index - begin))
                                             : std::nullopt;
            const std::uint64_t end = begin + (token ? token->size() + 1 : 0);
            good = token && end <= index;
            if (good && i + 1 < group)
                good = table + reader.u16(index + (i + 1) * 2).value_or(0) == end;
            else if (good)
                good = align_up(start + end) == start + index;
        }
        if (good)
            return Tokens{start + table, start + index};
    }
    return std::nullopt;
}

struct Markers {
    std::uint64_t at = 0;
    std::vector<std::uint32_t> offsets; // of every 256th name
};

// The numbers that rise from 0 up to the token table.
std::optional<Markers> markers_before(VirtualMemory& memory, std::uint64_t token_table) {
    Markers markers;
    std::uint64_t at = token_table;
    auto last = memory.u32(at - 4);
    if (last && *last == 0) { // to a multiple of 8
        at -= 4;
        last = memory.u32(at - 4);
    }
    std::vector<std::uint32_t> backwards;
    for (std::uint64_t i = 0; i < max_markers; ++i) {
        at -= 4;
        const auto value = memory.u32(at);
        if (!value || (!backwards.empty() && *value >= backwards.back()))
            return std::nullopt;
        backwards.push_back(*value);
        if (*value == 0)
            break;
    }
    if (backwards.size() < 2 || backwards.back() != 0 || at % alignment != 0)
        return std::nullopt;
    markers.at = at;
    markers.offsets.assign(backwards.rbegin(), backwards.rend());
    return markers;
}

// True when `count` names from `names` on agree with the markers and end where these begin. `budget`: bytes
// that may still be read; memory full of things like symbol tables is a lie.
bool names_agree(VirtualMemory& memory, std::uint64_t names, std::uint32_t count, const Markers& markers,
                 std::uint64_t& budget) {
    ByteStream stream(memory, names);
    std::uint64_t at = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
        if (i % group == 0 && markers.offsets[i / group] != at)
            return false;
        const auto length = kallsyms_name_length(stream);
        if (!length || *length > 127) // two-byte lengths came when VMCOREINFO already told
            return false;
        if (!stream.bytes(*length))
            return false;
        at += 1 + std::uint64_t{*length};
        if (budget < *length + 1)
            return false;
        budget -= *length + 1;
    }
    return align_up(names + at) == markers.at;
}

std::optional<KallsymsTables> tables_at(VirtualMemory& memory, std::uint64_t digits_at,
                                        std::uint64_t& budget) {
    if (digits_at < before_digits)
        return std::nullopt;
    const auto around = memory.read(digits_at - before_digits, before_digits + after_digits, UINT64_MAX);
    const auto tokens = around ? tokens_at(*around, digits_at - before_digits) : std::nullopt;
    const auto markers = tokens ? markers_before(memory, tokens->table) : std::nullopt;
    if (!markers)
        return std::nullopt;
    // The last group of names lies between the end of what the last marker counts and the markers; the number
    // of names stands in front of the first.
    const std::uint64_t groups = markers->offsets.size();
    const std::uint64_t highest = markers->at - markers->offsets.back();
    for (std::uint64_t names = highest & ~(alignment - 1); highest - names <= longest_group;
         names -= alignment) {
        const auto count = memory.u64(names - 8); // a u32, and up to a multiple of 8 zeros
        if (!count)
            return std::nullopt;
        if (*count <= (groups - 1) * group || *count > groups * group ||
            !names_agree(memory, names, static_cast<std::uint32_t>(*count), *markers, budget))
            continue;
        KallsymsTables tables;
        tables.count = static_cast<std::uint32_t>(*count);
        tables.names = names;
        tables.token_table = tokens->table;
        tables.token_index = tokens->index;
        const auto base = memory.u64(names - 16);
        tables.base = base.value_or(0);
        tables.offsets = names - 16 - align_up(std::uint64_t{tables.count} * 4);
        return base ? std::optional(tables) : std::nullopt;
    }
    return std::nullopt;
}

} // namespace

Result<KallsymsTables> kallsyms_by_scan(VirtualMemory& memory, const VmcoreInfo& info) {
    std::optional<KallsymsTables> found;
    std::uint64_t budget = std::uint64_t{128} << 20; // a distribution's kernel has some 3 MiB of names
    int tries = 0;
    scan_image(memory, info, as_bytes(digits), 1, [&](std::uint64_t at) {
        found = tables_at(memory, at, budget);
        return found.has_value() || ++tries == 64;
    });
    if (found)
        return *found;
    return fail(
        make_error(ErrorKind::absent, "find", "the kernel's symbol table (kallsyms)",
                   "VMCOREINFO does not say where it is, and nothing in the kernel's image looks like it")
            .from(ErrorSide::source));
}

} // namespace kdumpkit::dump
