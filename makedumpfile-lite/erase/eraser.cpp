// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/erase/eraser.h"

#include "base/range.h"
#include "makedumpfile-lite/erase/module_symbols.h"
#include "makedumpfile-lite/erase/type_walk.h"
#include "makedumpfile-lite/kernel/btf_finder.h"
#include "makedumpfile-lite/kernel/data.h"
#include "makedumpfile-lite/kernel/virtual_memory.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

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

// Something in the kernel's memory; the type is not always known.
struct Place {
    std::uint64_t address = 0;
    std::optional<CType> type;
};

// One section of the config: names mean what they mean in that module.
class Section {
  public:
    Section(const Image& image, const Kernel& kernel, const std::string& config, const Btf& btf,
            const Symbols& symbols, const VariableTypes& variables, Erasure& erasure)
        : variables_(variables), table_(kernel.data().table), config_(config), types_(btf), symbols_(symbols),
          memory_(image, table_), physical_(image.reader()), erasure_(erasure) {}

    void run(const EraseCommand& command);
    void run(const EraseLoop& loop);

  private:
    struct Done {
        std::uint64_t bytes = 0;
        unsigned places = 0;
    };
    Result<Place> find(const ErasePath& path);
    Result<std::uint64_t> number_at(const ErasePath& path);
    Result<std::uint64_t> string_length(std::uint64_t address);
    Result<std::uint64_t> erase(const EraseCommand& command);
    Result<> fill(std::uint64_t address, std::uint64_t bytes, std::byte with);
    Result<> each(const EraseLoop& loop, const std::function<void(Place)>& element);
    Result<> each_of_array(const Place& list, const std::function<void(Place)>& element);
    Result<> each_via(const EraseLoop& loop, Place list, const std::function<void(Place)>& element);
    Result<> each_within(const EraseLoop& loop, const Place& list, const std::function<void(Place)>& element);
    void warn(unsigned line, std::string text);
    void report(const EraseCommand& command, const Done& done);

    const VariableTypes& variables_;
    const PageTable& table_;
    const std::string& config_;
    TypeWalk types_;
    const Symbols& symbols_;
    VirtualMemory memory_;
    std::unique_ptr<MemoryReader> physical_;
    Erasure& erasure_;
    std::optional<std::pair<std::string, Place>> variable_; // of the loop being run
};

void Section::warn(unsigned line, std::string text) {
    if (erasure_.warnings.size() < max_warnings)
        erasure_.warnings.push_back(fmt::format("{}:{}: {}", config_, line, std::move(text)));
}

Result<Place> Section::find(const ErasePath& path) {
    Place place;
    if (variable_ && variable_->first == path.symbol) {
        place = variable_->second;
    } else {
        const auto symbol = symbols_.find(path.symbol);
        if (symbol == symbols_.end())
            return impossible(fmt::format("there is no symbol {}", path.symbol));
        place = {symbol->second, types_.variable(path.symbol)};
        // A per-CPU variable's symbol is where it lies in each CPU's area, which is no address of its own.
        if (place.type)
            return impossible(fmt::format("{} is a per-CPU variable", path.symbol));
        if (const auto known = variables_.find(path.symbol); known != variables_.end())
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

Result<std::uint64_t> Section::number_at(const ErasePath& path) {
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

Result<std::uint64_t> Section::string_length(std::uint64_t address) {
    for (std::uint64_t length = 0; length < max_string; ++length) {
        KDK_ASSIGN(const Bytes byte, memory_.view(address + length, 1));
        if (byte[0] == std::byte{0})
            return length;
    }
    return max_string;
}

// The bytes that were erased.
Result<std::uint64_t> Section::erase(const EraseCommand& command) {
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

Result<> Section::fill(std::uint64_t address, std::uint64_t bytes, std::byte with) {
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

void Section::report(const EraseCommand& command, const Done& done) {
    const bool nullified = std::holds_alternative<EraseNullify>(command.amount);
    erasure_.report += fmt::format("{} {} {} bytes in {} place{}\n", nullified ? "nullify" : "erase",
                                   command.path.text(), done.bytes, done.places, done.places == 1 ? "" : "s");
}

void Section::run(const EraseCommand& command) {
    const auto bytes = erase(command);
    if (!bytes) {
        warn(command.line,
             fmt::format("{} is in the dump as it was: {}", command.path.text(), bytes.error().reason));
        erasure_.report += fmt::format("not erased: {}\n", command.path.text());
        return;
    }
    report(command, {*bytes, 1});
}

Result<> Section::each_of_array(const Place& list, const std::function<void(Place)>& element) {
    const auto count = list.type ? types_.elements(*list.type) : std::nullopt;
    const auto type = count ? types_.target(*list.type) : std::nullopt;
    const std::uint64_t size = type ? types_.size(*type) : 0;
    if (!count || size == 0 || *count > max_elements)
        return impossible("it is not known to be an array");
    for (std::uint64_t i = 0; i < *count; ++i)
        element({list.address + i * size, type});
    return {};
}

Result<> Section::each_via(const EraseLoop& loop, Place list, const std::function<void(Place)>& element) {
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
Result<> Section::each_within(const EraseLoop& loop, const Place& list,
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

Result<> Section::each(const EraseLoop& loop, const std::function<void(Place)>& element) {
    KDK_ASSIGN(const Place list, find(loop.list));
    if (!loop.via.empty())
        return each_via(loop, list, element);
    if (!loop.within.empty())
        return each_within(loop, list, element);
    return each_of_array(list, element);
}

void Section::run(const EraseLoop& loop) {
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

// The names that a section's commands begin with.
std::vector<std::string_view> symbols_in(const EraseSection& section) {
    std::vector<std::string_view> names;
    const auto add = [&](const EraseCommand& command) {
        names.push_back(command.path.symbol);
        if (const auto* at = std::get_if<EraseSizeAt>(&command.amount))
            names.push_back(at->path.symbol);
    };
    for (const auto& one : section.commands) {
        if (const auto* loop = std::get_if<EraseLoop>(&one)) {
            names.push_back(loop->list.symbol);
            std::for_each(loop->body.begin(), loop->body.end(), add);
        } else {
            add(std::get<EraseCommand>(one));
        }
    }
    return names;
}

void run_section(const EraseSection& section, Section&& here) {
    for (const auto& one : section.commands)
        std::visit([&](const auto& command) { here.run(command); }, one);
}

} // namespace

void settle(std::vector<ErasedRange>& ranges) {
    std::stable_sort(ranges.begin(), ranges.end(),
                     [](const ErasedRange& a, const ErasedRange& b) { return a.begin < b.begin; });
    std::vector<ErasedRange> settled;
    for (ErasedRange range : ranges) {
        if (!settled.empty())
            range.begin = std::max(range.begin, settled.back().end);
        if (range.begin >= range.end)
            continue;
        if (!settled.empty() && settled.back().end == range.begin && settled.back().fill == range.fill)
            settled.back().end = range.end;
        else
            settled.push_back(range);
    }
    ranges = std::move(settled);
}

std::vector<std::string_view> untyped_symbols(const EraseConfig& config) {
    std::vector<std::string_view> names;
    const auto add = [&](const ErasePath& path) {
        if (path.type.empty())
            names.push_back(path.symbol);
    };
    const auto of_command = [&](const EraseCommand& command) {
        add(command.path);
        if (const auto* at = std::get_if<EraseSizeAt>(&command.amount))
            add(at->path);
    };
    for (const EraseSection& section : config.sections) {
        if (section.module != "vmlinux")
            continue;
        for (const auto& one : section.commands) {
            if (const auto* loop = std::get_if<EraseLoop>(&one)) {
                add(loop->list);
                std::for_each(loop->body.begin(), loop->body.end(), of_command);
            } else {
                of_command(std::get<EraseCommand>(one));
            }
        }
    }
    return names;
}

Result<Erasure> plan_erasure(const EraseConfig& config, const std::string& name, const Image& image,
                             const Kernel& kernel, const VariableTypes& variables) {
    const VariableTypes none;
    VirtualMemory memory(image, kernel.data().table);
    std::vector<std::string_view> wanted = {"__start_BTF", "modules"};
    for (const EraseSection& section : config.sections)
        if (section.module == "vmlinux")
            for (const std::string_view symbol : symbols_in(section))
                wanted.push_back(symbol);
    KDK_ASSIGN(const Symbols symbols, find_symbols(memory, kernel.data().info, wanted));
    KDK_ASSIGN(const Btf btf, find_btf(memory, kernel.data().info, symbols));
    Erasure erasure;
    for (const EraseSection& section : config.sections) {
        if (section.module == "vmlinux") {
            run_section(section, Section(image, kernel, name, btf, symbols, variables, erasure));
            continue;
        }
        const auto modules = symbols.find("modules");
        auto tables = modules == symbols.end()
                          ? Result<ModuleTables>(impossible("the kernel's list of modules was not found"))
                          : find_module(memory, btf, modules->second, section.module, symbols_in(section));
        if (!tables) {
            erasure.warnings.push_back(fmt::format("{}: nothing of module {} is erased: {}", name,
                                                   section.module, tables.error().reason));
            continue;
        }
        const Btf& types = tables->btf ? *tables->btf : btf;
        run_section(section, Section(image, kernel, name, types, tables->symbols, none, erasure));
    }
    settle(erasure.ranges);
    return erasure;
}

} // namespace kdumpkit::dump
