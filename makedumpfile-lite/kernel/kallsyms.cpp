// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/kallsyms.h"

#include "makedumpfile-lite/kernel/kallsyms_tables.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <optional>
#include <set>

#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

// Of all names together, compressed; a distribution's kernel has some 3 MiB.
constexpr std::uint64_t max_names = std::uint64_t{64} << 20;
constexpr std::size_t max_name = KallsymsTables::max_name;
constexpr std::array form_candidates = {OffsetForm::absolute_percpu, OffsetForm::unsigned_base,
                                        OffsetForm::relative};
// Symbols whose address VMCOREINFO tells, under the same name as in the symbol table.
constexpr std::array<std::string_view, 7> anchors = {
    "_stext", "init_uts_ns", "prb", "init_top_pgt", "printk_rb_static", "node_online_map", "clear_seq"};

Error corrupt(std::string reason) {
    return make_error(ErrorKind::corrupt, "read", "the kernel's symbol table (kallsyms)", std::move(reason))
        .from(ErrorSide::source);
}

// The 256 tokens that names are made of.
Result<std::array<std::string, 256>> read_tokens(VirtualMemory& memory, std::uint64_t table,
                                                 std::uint64_t index) {
    std::array<std::uint16_t, 256> starts{};
    {
        KDK_ASSIGN(const Bytes bytes, memory.view(index, 512));
        const ByteReader reader(bytes);
        for (std::size_t i = 0; i < starts.size(); ++i)
            starts[i] = reader.u16(i * 2).value_or(0);
    }
    const std::size_t size = *std::max_element(starts.begin(), starts.end()) + max_name;
    KDK_ASSIGN(const Bytes bytes, memory.view(table, size));
    const ByteReader reader(bytes);
    std::array<std::string, 256> tokens;
    for (std::size_t i = 0; i < starts.size(); ++i)
        tokens[i] = reader.c_string(starts[i], max_name).value_or(std::string_view{});
    return tokens;
}

// Tells of most of a kernel's 200,000 names that none of them is wanted, by length and last letter, without
// putting their tokens together.
class Sieve {
  public:
    Sieve(const std::set<std::string_view>& wanted, const std::array<std::string, 256>& tokens)
        : tokens_(tokens) {
        for (const std::string_view name : wanted)
            if (!name.empty() && name.size() < ends_.size())
                ends_[name.size()].set(static_cast<unsigned char>(name.back()));
    }
    // `packed`: a type letter and a name, in tokens; not empty.
    [[nodiscard]] bool may_pass(Bytes packed) const {
        std::size_t size = 0;
        for (const std::byte token : packed)
            size += tokens_[static_cast<std::uint8_t>(token)].size();
        const std::string& last = tokens_[static_cast<std::uint8_t>(packed.back())];
        return size != 0 && size - 1 < ends_.size() &&
               (last.empty() || ends_[size - 1].test(static_cast<unsigned char>(last.back())));
    }

  private:
    const std::array<std::string, 256>& tokens_;
    std::array<std::bitset<256>, max_name> ends_{}; // by the length of a name: the letters that one ends with
};

// The index of the first symbol of each wanted name.
Result<std::map<std::string, std::uint32_t, std::less<>>>
find_indices(VirtualMemory& memory, std::uint64_t names, std::uint32_t count,
             const std::array<std::string, 256>& tokens, const std::set<std::string_view>& wanted) {
    const Sieve sieve(wanted, tokens);
    std::map<std::string, std::uint32_t, std::less<>> found;
    ByteStream stream(memory, names);
    std::string name;
    std::uint64_t seen = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
        KDK_ASSIGN(const std::uint32_t length, kallsyms_name_length(stream));
        seen += length;
        if (seen > max_names)
            return fail(
                corrupt(fmt::format("the names of {} symbols take more than {} bytes", i, max_names)));
        KDK_ASSIGN(const Bytes packed, stream.bytes(length));
        if (!sieve.may_pass(packed))
            continue;
        name.clear();
        for (const std::byte token : packed)
            name += tokens[static_cast<std::uint8_t>(token)];
        const std::string_view bare = std::string_view(name).substr(1); // without the type letter
        if (wanted.contains(bare))
            found.emplace(bare, i);
    }
    return found;
}

} // namespace

std::uint64_t kallsyms_address(OffsetForm form, std::uint32_t entry, std::uint64_t entry_address,
                               std::uint64_t base) {
    const auto extended = static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(entry)});
    switch (form) {
    case OffsetForm::absolute_percpu:
        return static_cast<std::int32_t>(entry) >= 0 ? entry : base - 1 - extended;
    case OffsetForm::unsigned_base:
        return base + entry;
    case OffsetForm::relative:
        break;
    }
    return entry_address + extended;
}

Result<Symbols> find_symbols(VirtualMemory& memory, const VmcoreInfo& info,
                             const std::vector<std::string_view>& wanted) {
    auto found = kallsyms_from_vmcoreinfo(memory, info);
    if (!found && found.error().kind == ErrorKind::absent)
        found = kallsyms_by_scan(memory, info);
    if (!found)
        return fail(found.error());
    const KallsymsTables& tables = *found;
    KDK_ASSIGN(const auto tokens, read_tokens(memory, tables.token_table, tables.token_index));
    std::set<std::string_view> all(wanted.begin(), wanted.end());
    all.insert(anchors.begin(), anchors.end());
    KDK_ASSIGN(const auto indices, find_indices(memory, tables.names, tables.count, tokens, all));

    std::map<std::string, std::pair<std::uint32_t, std::uint64_t>, std::less<>> entries;
    for (const auto& [name, number] : indices) {
        const std::uint64_t at = tables.offsets + std::uint64_t{number} * 4;
        KDK_ASSIGN(const std::uint32_t entry, memory.u32(at));
        entries[name] = {entry, at};
    }

    std::optional<OffsetForm> best;
    int best_agree = 1; // one lone agreement proves nothing
    for (const OffsetForm form : form_candidates) {
        int agree = 0;
        for (const std::string_view anchor : anchors) {
            const auto entry = entries.find(anchor);
            const auto address = info.symbol(anchor);
            if (entry != entries.end() && address &&
                kallsyms_address(form, entry->second.first, entry->second.second, tables.base) == *address)
                ++agree;
        }
        if (agree > best_agree) {
            best = form;
            best_agree = agree;
        }
    }
    if (!best)
        return fail(corrupt("its addresses contradict VMCOREINFO in every known form"));
    Symbols symbols;
    for (const std::string_view name : wanted)
        if (const auto entry = entries.find(name); entry != entries.end())
            symbols.emplace(name,
                            kallsyms_address(*best, entry->second.first, entry->second.second, tables.base));
    return symbols;
}

} // namespace kdumpkit::dump
