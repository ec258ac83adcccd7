// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/kernel/kallsyms.h"
#include "tests/unit/makedumpfile-lite/kernel/machine.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::dump::test {

// Writes BTF: enough kinds to describe structs, arrays and enums.
class BtfWriter {
  public:
    std::uint32_t integer(std::uint32_t size) { return add("int", 1, 0, size, {size * 8}); }
    std::uint32_t character() { return add("char", 1, 0, 1, {8}); }
    std::uint32_t pointer(std::uint32_t target) { return add("", 2, 0, target, {}); }
    std::uint32_t next_id() const { return count_ + 1; } // for pointers to what follows
    std::uint32_t variable(const std::string& name, std::uint32_t type) {
        return add(name, 14, 0, type, {1});
    }
    std::uint32_t section(const std::string& name, const std::vector<std::uint32_t>& variables) {
        std::vector<std::uint32_t> words;
        for (const std::uint32_t variable : variables)
            words.insert(words.end(), {variable, 0, 8});
        return add(name, 15, static_cast<std::uint32_t>(variables.size()), 0, words);
    }
    std::uint32_t array(std::uint32_t element, std::uint32_t count) {
        return add("", 3, 0, 0, {element, 1, count});
    }
    std::uint32_t type_alias(const std::string& name, std::uint32_t target) {
        return add(name, 8, 0, target, {});
    }
    struct Member {
        std::string name;
        std::uint32_t type;
        std::uint32_t offset; // bytes
    };
    std::uint32_t structure(const std::string& name, std::uint32_t size, const std::vector<Member>& members) {
        std::vector<std::uint32_t> words;
        for (const Member& member : members)
            words.insert(words.end(), {string(member.name), member.type, member.offset * 8});
        return add(name, 4, static_cast<std::uint32_t>(members.size()), size, words);
    }
    std::uint32_t enumeration(const std::string& name,
                              const std::vector<std::pair<std::string, std::uint32_t>>& values) {
        std::vector<std::uint32_t> words;
        for (const auto& [text, value] : values)
            words.insert(words.end(), {string(text), value});
        return add(name, 6, static_cast<std::uint32_t>(values.size()), 4, words);
    }
    std::vector<std::byte> finish() const {
        std::vector<std::uint32_t> words = {
            0x0001eb9f, 24, 0, size(types_), size(types_), static_cast<std::uint32_t>(strings_.size())};
        words.insert(words.end(), types_.begin(), types_.end());
        const auto bytes = std::as_bytes(std::span(words));
        std::vector<std::byte> out(bytes.begin(), bytes.end());
        const auto text = as_bytes(strings_);
        out.insert(out.end(), text.begin(), text.end());
        return out;
    }

  private:
    static std::uint32_t size(const std::vector<std::uint32_t>& words) {
        return static_cast<std::uint32_t>(words.size() * 4);
    }
    std::uint32_t string(const std::string& text) {
        if (text.empty())
            return 0;
        const auto at = static_cast<std::uint32_t>(strings_.size());
        strings_ += text + '\0';
        return at;
    }
    std::uint32_t add(const std::string& name, std::uint32_t kind, std::uint32_t count,
                      std::uint32_t size_or_type, const std::vector<std::uint32_t>& trailer) {
        types_.insert(types_.end(), {string(name), kind << 24 | count, size_or_type});
        types_.insert(types_.end(), trailer.begin(), trailer.end());
        return ++count_;
    }
    std::vector<std::uint32_t> types_;
    std::string strings_ = std::string(1, '\0');
    std::uint32_t count_ = 0;
};

// Puts a symbol table at `at` (physical, in the kernel image), whose tokens are single characters, and names
// it in VMCOREINFO.
inline void write_kallsyms(Machine& machine, std::uint64_t at, OffsetForm form,
                           const std::vector<std::pair<std::string, std::uint64_t>>& symbols) {
    const std::uint64_t base = Machine::image_vaddr + 0x1000000;
    const std::uint64_t count_at = at, index = at + 0x100, table = at + 0x400, offsets = at + 0x1000,
                        names = at + 0x2000, base_at = at + 8;
    machine.u32(count_at, static_cast<std::uint32_t>(symbols.size()));
    machine.u64(base_at, base);
    for (unsigned i = 0; i < 256; ++i) {
        const auto start = static_cast<std::uint16_t>(i * 2);
        machine.put(index + i * 2, bytes_of(start));
        machine.u8(table + i * 2, static_cast<std::uint8_t>(i));
        machine.u8(table + i * 2 + 1, 0);
    }
    std::uint64_t next = names;
    for (std::size_t i = 0; i < symbols.size(); ++i) {
        const auto& [name, address] = symbols[i];
        const std::string typed = "T" + name;
        if (typed.size() > 127) {
            machine.u8(next++, static_cast<std::uint8_t>((typed.size() & 0x7f) | 0x80));
            machine.u8(next++, static_cast<std::uint8_t>(typed.size() >> 7));
        } else {
            machine.u8(next++, static_cast<std::uint8_t>(typed.size()));
        }
        machine.put(next, as_bytes(typed));
        next += typed.size();
        const std::uint64_t entry_at = offsets + i * 4;
        std::uint64_t entry = address - base;
        if (form == OffsetForm::absolute_percpu)
            entry = base - 1 - address;
        if (form == OffsetForm::relative)
            entry = address - (Machine::image_vaddr + entry_at);
        machine.u32(entry_at, static_cast<std::uint32_t>(entry));
    }
    const auto key = [&](const char* name, std::uint64_t paddr) {
        machine.info += fmt::format("SYMBOL({})={:x}\n", name, Machine::image_vaddr + paddr);
    };
    key("kallsyms_num_syms", count_at);
    key("kallsyms_token_index", index);
    key("kallsyms_token_table", table);
    key("kallsyms_offsets", offsets);
    key("kallsyms_names", names);
    if (form != OffsetForm::relative)
        key("kallsyms_relative_base", base_at);
}

} // namespace kdumpkit::dump::test
