// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/erase/section_eraser.h"

#include "base/range.h"
#include "makedumpfile-lite/kernel/data.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

constexpr std::byte erased{'X'};
constexpr std::byte null{0};
constexpr std::uint64_t max_bytes = std::uint64_t{1} << 30; // of one command: more is no size but rubbish
constexpr std::uint64_t max_string = 1024;                  // as makedumpfile.conf(5) says
constexpr std::uint64_t max_elements = std::uint64_t{1} << 20;
constexpr std::size_t max_warnings = 16;
constexpr std::uint64_t pointer_size = 8;

Failure impossible(std::string reason) {
    return Failure(make_error(ErrorKind::absent, "erase", "it", std::move(reason)));
}

} // namespace

SectionEraser::SectionEraser(const Image& image, const Kernel& kernel, const std::string& config,
                             const Btf& btf, const Symbols& symbols, const VariableTypes& variables,
                             Erasure& erasure)
    : variables_(variables), table_(kernel.data().table), config_(config), types_(btf), symbols_(symbols),
      memory_(image, table_), physical_(image.reader()), erasure_(erasure) {}

void SectionEraser::warn(unsigned line, std::string text) {
    if (erasure_.warnings.size() < max_warnings)
        erasure_.warnings.push_back(fmt::format("{}:{}: {}", config_, line, std::move(text)));
}

Result<Place> SectionEraser::find(const ErasePath& path) {
    Place place;
    if (variable_ && variable_->first == path.symbol) {
        place = variable_->second;
    } else {
        const auto symbol = symbols_.find(path.symbol);
        if (symbol == symbols_.end())
            return impossible(fmt::format("there is no symbol {}", path.symbol));
        place.address = symbol->second;
        const auto variable = types_.variable(path.symbol);
        // A per-CPU variable's symbol is where it lies in each CPU's area, which is no address of its own.
        if (variable && variable->per_cpu)
            return impossible(fmt::format("{} is a per-CPU variable", path.symbol));
        if (variable)
            place.type = variable->type;
        else if (const auto known = variables_.find(path.symbol); known != variables_.end())
            place.type = types_.parse(known->second);
    }
    if (!path.type.empty()) {
        place.type = types_.parse(path.type);
        if (!place.type)
            return impossible(fmt::format("the kernel has no type \"{}\"", path.type));
    }
    for (const std::string& name : path.members) {
        if (!place.type)
            return impossible(fmt::format(
                "the type of {0} is not known; write (struct NAME){0}, or give the kernel's debug "
                "information with -x",
                path.symbol));
        while (types_.is_pointer(*place.type)) {
            KDK_ASSIGN(place.address, memory_.u64(place.address));
            if (place.address == 0)
                return impossible(fmt::format("the pointer before .{} is null", name));
            place.type = types_.target(*place.type);
        }
        const auto member = types_.member(*place.type, name);
        if (!member)
            return impossible(fmt::format("there is no member {} in {}", name, path.text()));
        place = {place.address + member->offset, member->type};
    }
    return place;
}

Result<std::uint64_t> SectionEraser::number_at(const ErasePath& path) {
    KDK_ASSIGN(const Place place, find(path));
    const std::uint64_t size = place.type ? types_.size(*place.type) : 0;
    if (!place.type || !types_.is_integer(*place.type) || size > 8 || size == 0)
        return impossible(fmt::format("{} is not known to be a number", path.text()));
    KDK_ASSIGN(const Bytes bytes, memory_.view(place.address, static_cast<std::size_t>(size)));
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;)
        value = value << 8 | std::to_integer<std::uint64_t>(bytes[i]);
    return value;
}

Result<std::uint64_t> SectionEraser::string_length(std::uint64_t address) {
    for (std::uint64_t length = 0; length < max_string; ++length) {
        KDK_ASSIGN(const Bytes byte, memory_.view(address + length, 1));
        if (byte[0] == std::byte{0})
            return length;
    }
    return max_string;
}

// The bytes that were erased.
Result<std::uint64_t> SectionEraser::erase(const EraseCommand& command) {
    KDK_ASSIGN(Place place, find(command.path));
    const bool pointer = place.type && types_.is_pointer(*place.type);
    if (std::holds_alternative<EraseNullify>(command.amount)) {
        if (place.type && !pointer)
            return impossible("only a pointer can be nullified");
        KDK_TRY(fill(place.address, pointer_size, null));
        return pointer_size;
    }
    if (pointer) {
        KDK_ASSIGN(place.address, memory_.u64(place.address));
        place.type = types_.target(*place.type);
        if (place.address == 0)
            return 0;
    }
    std::uint64_t bytes = 0;
    if (const auto* given = std::get_if<EraseBytes>(&command.amount)) {
        bytes = given->bytes;
    } else if (const auto* at = std::get_if<EraseSizeAt>(&command.amount)) {
        KDK_ASSIGN(bytes, number_at(at->path));
    } else if (!place.type) {
        return impossible(
            fmt::format("the type of {0} is not known; write (TYPE){0}, or size and how many bytes",
                        command.path.symbol));
    } else if (pointer && types_.is_character(*place.type)) {
        KDK_ASSIGN(bytes, string_length(place.address));
    } else {
        bytes = types_.size(*place.type);
        if (bytes == 0)
            return impossible("its size is not known; give size and how many bytes, or nullify");
    }
    if (bytes > max_bytes)
        return impossible(fmt::format("{} bytes are not believable", bytes));
    KDK_TRY(fill(place.address, bytes, erased));
    return bytes;
}

Result<> SectionEraser::fill(std::uint64_t address, std::uint64_t bytes, std::byte with) {
    const auto end = checked_add(address, bytes);
    if (!end)
        return impossible(fmt::format("{} bytes at 0x{:x} reach beyond all addresses", bytes, address));
    while (address < *end) {
        KDK_ASSIGN(const Mapping mapping, table_.translate(*physical_, address));
        const std::uint64_t step = std::min(mapping.contiguous, *end - address);
        if (erasure_.ranges.size() >= Erasure::max_ranges)
            return impossible(fmt::format("there are more than {} places", Erasure::max_ranges));
        erasure_.ranges.push_back({mapping.paddr, mapping.paddr + step, with});
        address += step;
    }
    return {};
}

void SectionEraser::report(const EraseCommand& command, const Done& done) {
    const bool nullified = std::holds_alternative<EraseNullify>(command.amount);
    erasure_.report += fmt::format("{} {} {} bytes in {} place{}\n", nullified ? "nullify" : "erase",
                                   command.path.text(), done.bytes, done.places, done.places == 1 ? "" : "s");
}

void SectionEraser::run(const EraseCommand& command) {
    const auto bytes = erase(command);
    if (!bytes) {
        warn(command.line,
             fmt::format("{} is in the dump as it was: {}", command.path.text(), bytes.error().reason));
        erasure_.report += fmt::format("not erased: {}\n", command.path.text());
        return;
    }
    report(command, {*bytes, 1});
}

Result<> SectionEraser::each_of_array(const Place& list, const std::function<void(Place)>& element) {
    const auto count = list.type ? types_.elements(*list.type) : std::nullopt;
    const auto type = count ? types_.target(*list.type) : std::nullopt;
    const std::uint64_t size = type ? types_.size(*type) : 0;
    if (!count || size == 0 || *count > max_elements)
        return impossible("it is not known to be an array");
    for (std::uint64_t i = 0; i < *count; ++i)
        element({list.address + i * size, type});
    return {};
}

Result<> SectionEraser::each_via(const EraseLoop& loop, Place list,
                                 const std::function<void(Place)>& element) {
    while (list.type && types_.is_pointer(*list.type)) {
        KDK_ASSIGN(list.address, memory_.u64(list.address));
        list.type = types_.target(*list.type);
    }
    const auto next = list.type ? types_.member(*list.type, loop.via) : std::nullopt;
    if (!next)
        return impossible(fmt::format("there is no member {}", loop.via));
    std::uint64_t here = list.address;
    for (std::uint64_t i = 0; i < max_elements && here != 0; ++i) {
        element({here, list.type});
        KDK_ASSIGN(here, memory_.u64(here + next->offset));
        if (here == list.address)
            return {};
    }
    return here == 0 ? Result<>() : impossible("its list does not end");
}

// `list` is the list_head, or its first member: they have the same address, and that is where the list ends.
Result<> SectionEraser::each_within(const EraseLoop& loop, const Place& list,
                                    const std::function<void(Place)>& element) {
    const auto type = types_.parse(loop.within);
    const auto member = type ? types_.member(*type, loop.member) : std::nullopt;
    if (!member)
        return impossible(fmt::format("there is no member {} in {}", loop.member, loop.within));
    KDK_ASSIGN(std::uint64_t here, memory_.u64(list.address));
    for (std::uint64_t i = 0; i < max_elements && here != list.address; ++i) {
        if (here == 0)
            return impossible("its list is cut");
        element({here - member->offset, type});
        KDK_ASSIGN(here, memory_.u64(here));
    }
    return here == list.address ? Result<>() : impossible("its list does not end");
}

Result<> SectionEraser::each(const EraseLoop& loop, const std::function<void(Place)>& element) {
    KDK_ASSIGN(const Place list, find(loop.list));
    if (!loop.via.empty())
        return each_via(loop, list, element);
    if (!loop.within.empty())
        return each_within(loop, list, element);
    return each_of_array(list, element);
}

void SectionEraser::run(const EraseLoop& loop) {
    std::vector<Done> done(loop.body.size());
    std::vector<std::string> failed(loop.body.size());
    const auto walked = each(loop, [&](Place element) {
        variable_ = {loop.name, element};
        for (std::size_t i = 0; i < loop.body.size(); ++i) {
            const auto bytes = erase(loop.body[i]);
            if (!bytes) {
                failed[i] = bytes.error().reason;
                continue;
            }
            done[i].bytes += *bytes;
            ++done[i].places;
        }
    });
    variable_.reset();
    if (!walked)
        warn(loop.line, fmt::format("what is left of {} is in the dump as it was: {}", loop.list.text(),
                                    walked.error().reason));
    for (std::size_t i = 0; i < loop.body.size(); ++i) {
        report(loop.body[i], done[i]);
        if (!failed[i].empty())
            warn(loop.body[i].line,
                 fmt::format("some of {} is in the dump as it was: {}", loop.body[i].path.text(), failed[i]));
    }
}

} // namespace kdumpkit::dump
