// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/facts.h"

#include <utility>

#include <fmt/format.h>

namespace kdumpkit::dump {

std::string_view to_text(FactSource source) {
    switch (source) {
    case FactSource::vmcoreinfo:
        return "VMCOREINFO";
    case FactSource::layout_file:
        return "layout file";
    case FactSource::btf:
        return "BTF and kallsyms in the image";
    case FactSource::vmlinux:
        break;
    }
    return "vmlinux";
}

std::string fact_text(std::string_view key, const Fact& fact) {
    if (!fact.value)
        return fmt::format("{}=absent", key);
    if (key.starts_with("SYMBOL("))
        return fmt::format("{}={:x}", key, *fact.value);
    if (key.starts_with("NUMBER("))
        return fmt::format("{}={}", key, static_cast<std::int64_t>(*fact.value));
    return fmt::format("{}={}", key, *fact.value);
}

void Facts::use_layout(VmcoreInfo file, std::optional<std::uint64_t> slide) {
    file_ = std::move(file);
    slide_ = slide;
}

void Facts::use_types(FactSource source, std::function<const TypeSource*()> open) {
    types_.push_back({source, std::move(open), nullptr, false});
}

void Facts::use_types(FactSource source, const TypeSource* types) {
    types_.push_back({source, {}, types, true});
}

void Facts::use_symbols(FactSource source, const std::map<std::string, std::uint64_t, std::less<>>& symbols) {
    for (const auto& [name, address] : symbols)
        symbols_.emplace(name, Fact{address, source});
}

std::optional<std::uint64_t> Facts::ask(const std::string& key, const FromText& text,
                                        const FromTypes& types) {
    if (const auto known = answers_.find(key); known != answers_.end())
        return known->second.value;
    const auto answer = [&](std::optional<std::uint64_t> value, FactSource source) {
        answers_.emplace(key, Fact{value, source});
        return value;
    };
    if (const auto value = text(*info_))
        return answer(value, FactSource::vmcoreinfo);
    if (file_) {
        if (file_->text(key) == "absent")
            return answer(std::nullopt, FactSource::layout_file);
        if (const auto value = text(*file_))
            return answer(value, FactSource::layout_file);
    }
    std::optional<FactSource> denied;
    for (Types& from : types_) {
        if (!from.opened) {
            from.types = from.open();
            from.opened = true;
        }
        if (from.types == nullptr)
            continue;
        if (const auto value = types(*from.types))
            return answer(value, from.source);
        denied = denied.value_or(from.source);
    }
    // Without anybody who knows the types it may exist all the same.
    return denied ? answer(std::nullopt, *denied) : std::nullopt;
}

std::optional<std::uint64_t> Facts::offset(std::string_view structure, std::string_view member) {
    const std::string name = fmt::format("{}.{}", structure, member);
    return ask(
        fmt::format("OFFSET({})", name), [&](const VmcoreInfo& info) { return info.offset(name); },
        [&](const TypeSource& types) {
            const auto found = types.member(structure, member);
            return found ? std::optional(found->offset) : std::nullopt;
        });
}

std::optional<std::uint64_t> Facts::size(std::string_view structure) {
    return ask(
        fmt::format("SIZE({})", structure), [&](const VmcoreInfo& info) { return info.size(structure); },
        [&](const TypeSource& types) { return types.size_of(structure); });
}

std::optional<std::uint64_t> Facts::member_size(std::string_view structure, std::string_view member) {
    const std::string name = fmt::format("{}.{}", structure, member);
    return ask(
        fmt::format("SIZE({})", name), [&](const VmcoreInfo& info) { return info.size(name); },
        [&](const TypeSource& types) {
            const auto found = types.member(structure, member);
            return found && found->size != 0 ? std::optional(found->size) : std::nullopt;
        });
}

std::optional<std::uint64_t> Facts::length(std::string_view structure, std::string_view member) {
    const std::string name = fmt::format("{}.{}", structure, member);
    return ask(
        fmt::format("LENGTH({})", name), [&](const VmcoreInfo& info) { return info.length(name); },
        [&](const TypeSource& types) {
            const auto found = types.member(structure, member);
            return found && found->elements != 0 ? std::optional(found->elements) : std::nullopt;
        });
}

std::optional<std::int64_t> Facts::number(std::string_view enumeration, std::string_view name) {
    const auto bits = [](std::optional<std::int64_t> value) {
        return value ? std::optional(static_cast<std::uint64_t>(*value)) : std::nullopt;
    };
    const auto found = ask(
        fmt::format("NUMBER({})", name), [&](const VmcoreInfo& info) { return bits(info.number(name)); },
        [&](const TypeSource& types) { return bits(types.enumerator(enumeration, name)); });
    return found ? std::optional(static_cast<std::int64_t>(*found)) : std::nullopt;
}

std::optional<std::int64_t> Facts::exported(std::string_view name) {
    if (const auto value = info_->number(name))
        return answers_
            .emplace(fmt::format("NUMBER({})", name),
                     Fact{static_cast<std::uint64_t>(*value), FactSource::vmcoreinfo})
            .first->second.value;
    return file_ ? file_->number(name) : std::nullopt;
}

std::optional<std::uint64_t> Facts::symbol(std::string_view name) {
    const std::string key = fmt::format("SYMBOL({})", name);
    if (const auto known = answers_.find(key); known != answers_.end())
        return known->second.value;
    if (const auto value = info_->symbol(name)) {
        answers_.emplace(key, Fact{value, FactSource::vmcoreinfo});
        return value;
    }
    if (const auto value = file_ && slide_ ? file_->symbol(name) : std::nullopt) {
        answers_.emplace(key, Fact{*value + *slide_, FactSource::layout_file});
        return *value + *slide_;
    }
    const auto found = symbols_.find(name);
    if (found == symbols_.end())
        return std::nullopt;
    answers_.emplace(key, found->second);
    return found->second.value;
}

} // namespace kdumpkit::dump
