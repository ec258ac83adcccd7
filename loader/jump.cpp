// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/jump.h"

#include "base/bytes.h"
#include "loader/cmdline.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace kdumpkit::loader {

namespace {

constexpr std::string_view parameter = "kdumpkit.return=0x";
constexpr std::size_t digits = 16;
constexpr std::uint64_t huge_page = std::uint64_t{2} << 20, gibibyte = std::uint64_t{1} << 30;

} // namespace

Result<Plan> place_apart(const RangeSet& memory, const Range& low, const std::vector<Demand>& demands,
                         std::uint64_t size) {
    Demand all{"new kernel's memory", 0, size, huge_page, false};
    for (const Demand& demand : demands) {
        all.alignment = std::max(all.alignment, demand.alignment);
        if (demand.at)
            all.at = demand.at;
    }
    KDK_ASSIGN(const Plan outer, place_in_memory(memory, {all}, 0).map_error([](Error error) {
        return std::move(error).then("give the new kernel less with --memory");
    }));
    const Range own = outer.segments.front().memory;
    KDK_ASSIGN(Plan plan, place_in_memory(RangeSet{own}, demands, 0).map_error([](Error error) {
        return std::move(error).then("give the new kernel more with --memory");
    }));
    const RangeSet left = plan.free();
    for (const Range& gap : left.ranges())
        plan.segments.push_back({"memory", 0, gap});
    if (!low.empty()) {
        plan.rooms.insert(plan.rooms.begin(), low);
        plan.segments.push_back({"low memory", 0, low});
    }
    return plan;
}

RangeSet running_kernel(const std::vector<IomemEntry>& iomem) {
    RangeSet kernel;
    for (const IomemEntry& entry : iomem)
        if (entry.name.starts_with("Kernel "))
            kernel.add(entry.range);
    return kernel;
}

std::string with_return(std::string_view command_line) {
    constexpr std::array<std::string_view, 3> counts{"nr_cpus=", "maxcpus=", "nosmp"};
    std::string added = fmt::format("{}{:0{}}", parameter, 0, digits);
    const auto words = split_command_line(command_line);
    if (std::ranges::none_of(words, [&](std::string_view word) {
            return std::ranges::any_of(counts,
                                       [&](std::string_view count) { return word.starts_with(count); });
        }))
        added = "nr_cpus=1 " + added;
    return append_to_line(command_line, added);
}

std::size_t return_digits_in(std::string_view command_line) {
    return command_line.rfind(parameter) + parameter.size();
}

std::optional<std::uint64_t> return_address(std::string_view command_line) {
    for (const std::string_view word : split_command_line(command_line))
        if (word.starts_with(parameter))
            if (const auto address = parse_number(word.substr(parameter.size()), 16); address != 0)
                return address;
    return std::nullopt;
}

namespace {

// Tables that map addresses to themselves in pages of 2 MiB, built where they will lie.
class IdentityMap {
  public:
    IdentityMap(std::uint64_t address, bool five_levels)
        : address_(address), top_shift_(five_levels ? 48 : 39), tables_(1) {}

    void add(const Range& range) {
        for (std::uint64_t at = align_down(range.begin, gibibyte); at < range.end; at += gibibyte)
            add_gibibyte(at);
    }
    [[nodiscard]] std::uint64_t size() const { return tables_.size() * page; }
    [[nodiscard]] Bytes bytes() const { return std::as_bytes(std::span(tables_)); }

  private:
    using Table = std::array<std::uint64_t, 512>;
    // Intel SDM volume 3, 4.5.4: present, writable; a page instead of a table.
    static constexpr std::uint64_t present = 3, large = 0x80;

    void add_gibibyte(std::uint64_t at) {
        std::size_t table = 0;
        for (unsigned shift = top_shift_; shift > 21; shift -= 9)
            table = below(table, at >> shift & 511);
        for (std::uint64_t i = 0; i < 512; ++i)
            tables_[table][i] = (at + i * huge_page) | present | large;
    }
    std::size_t below(std::size_t table, std::size_t index) {
        if (tables_[table][index] == 0) {
            tables_[table][index] = (address_ + tables_.size() * page) | present;
            tables_.emplace_back();
        }
        return ((tables_[table][index] & ~(page - 1)) - address_) / page;
    }

    std::uint64_t address_;
    unsigned top_shift_;
    std::vector<Table> tables_;
};

IdentityMap map_for(const Trampoline& trampoline, std::uint64_t address) {
    IdentityMap map(address + page, trampoline.five_levels);
    for (const Range& range : trampoline.memory.ranges())
        map.add(range);
    map.add({trampoline.target, trampoline.target + 1});
    return map;
}

} // namespace

std::uint64_t Trampoline::size() const {
    return page + map_for(*this, 0).size();
}

std::vector<std::byte> Trampoline::at(std::uint64_t address) const {
    const IdentityMap map = map_for(*this, address);
    std::vector<std::byte> bytes;
    const auto add = [&](Bytes more) { bytes.insert(bytes.end(), more.begin(), more.end()); };
    const auto load_rax = [&](std::uint64_t value) {
        add(bytes_of(std::array<std::uint8_t, 2>{0x48, 0xb8})); // mov $value, %rax
        add(bytes_of(value));
    };
    load_rax(address + page);
    add(bytes_of(std::array<std::uint8_t, 3>{0x0f, 0x22, 0xd8})); // mov %rax, %cr3
    load_rax(target);
    add(bytes_of(std::array<std::uint8_t, 2>{0xff, 0xe0})); // jmp *%rax
    bytes.resize(page);
    add(map.bytes());
    return bytes;
}

} // namespace kdumpkit::loader
