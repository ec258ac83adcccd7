// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/erase/module_symbols.h"

#include "base/bytes.h"

#include <algorithm>
#include <string>

#include <elf.h>
#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

constexpr unsigned max_modules = 4096;
constexpr std::uint64_t max_symbols = std::uint64_t{1} << 18;
constexpr std::size_t max_name = 512;

Error wrong(ErrorKind kind, std::string_view module, std::string reason) {
    return make_error(kind, "find", fmt::format("module {}", module), std::move(reason))
        .from(ErrorSide::source);
}

// Offsets in struct module and struct mod_kallsyms (kernel: include/linux/module.h).
struct Offsets {
    BtfMember list, name, kallsyms, symtab, count, strtab;
    std::optional<BtfMember> btf, btf_size;
};

std::optional<Offsets> offsets_of(const Btf& btf) {
    const auto list = btf.member("module", "list");
    const auto name = btf.member("module", "name");
    const auto kallsyms = btf.member("module", "kallsyms");
    const auto symtab = btf.member("mod_kallsyms", "symtab");
    const auto count = btf.member("mod_kallsyms", "num_symtab");
    const auto strtab = btf.member("mod_kallsyms", "strtab");
    if (!list || !name || !kallsyms || !symtab || !count || !strtab)
        return std::nullopt;
    return Offsets{*list,
                   *name,
                   *kallsyms,
                   *symtab,
                   *count,
                   *strtab,
                   btf.member("module", "btf_data"),
                   btf.member("module", "btf_data_size")};
}

Result<std::string> text_at(VirtualMemory& memory, std::uint64_t vaddr, std::size_t limit) {
    // Not across a page that may be missing, when the name ends before it.
    std::string text;
    while (text.size() < limit) {
        const std::size_t step =
            std::min<std::uint64_t>(limit - text.size(), 4096 - (vaddr + text.size()) % 4096);
        KDK_ASSIGN(const Bytes bytes, memory.view(vaddr + text.size(), step));
        const std::string_view piece = as_text(bytes);
        const std::size_t end = piece.find('\0');
        text += piece.substr(0, end);
        if (end != std::string_view::npos)
            break;
    }
    return text;
}

Result<std::uint64_t> find_struct(VirtualMemory& memory, const Offsets& at, std::uint64_t head,
                                  std::string_view name) {
    KDK_ASSIGN(std::uint64_t next, memory.u64(head));
    for (unsigned i = 0; i < max_modules && next != head; ++i) {
        const std::uint64_t module = next - at.list.offset;
        KDK_ASSIGN(const std::string here, text_at(memory, module + at.name.offset, 64));
        if (here == name)
            return module;
        KDK_ASSIGN(next, memory.u64(next));
    }
    return fail(wrong(ErrorKind::absent, name, "it was not loaded"));
}

Result<Symbols> read_symbols(VirtualMemory& memory, const Offsets& at, std::uint64_t module,
                             std::string_view name, const std::vector<std::string_view>& wanted) {
    KDK_ASSIGN(const std::uint64_t tables, memory.u64(module + at.kallsyms.offset));
    KDK_ASSIGN(const std::uint64_t symtab, memory.u64(tables + at.symtab.offset));
    KDK_ASSIGN(const std::uint64_t strtab, memory.u64(tables + at.strtab.offset));
    KDK_ASSIGN(const std::uint32_t count, memory.u32(tables + at.count.offset));
    if (count > max_symbols)
        return fail(wrong(ErrorKind::corrupt, name, fmt::format("it has {} symbols", count)));
    Symbols symbols;
    for (std::uint64_t i = 0; i < count; ++i) {
        Elf64_Sym symbol{};
        {
            KDK_ASSIGN(const Bytes bytes, memory.view(symtab + i * sizeof(symbol), sizeof(symbol)));
            std::copy(bytes.begin(), bytes.end(), std::as_writable_bytes(std::span(&symbol, 1)).begin());
        }
        if (symbol.st_shndx == SHN_UNDEF || symbol.st_name == 0)
            continue;
        KDK_ASSIGN(const std::string text, text_at(memory, strtab + symbol.st_name, max_name));
        if (std::find(wanted.begin(), wanted.end(), text) != wanted.end())
            symbols.emplace(text, symbol.st_value);
    }
    return symbols;
}

} // namespace

Result<ModuleTables> find_module(VirtualMemory& memory, const Btf& kernel_btf, std::uint64_t modules,
                                 std::string_view name, const std::vector<std::string_view>& wanted) {
    const auto at = offsets_of(kernel_btf);
    if (!at)
        return fail(wrong(ErrorKind::absent, name, "the kernel's BTF does not describe modules"));
    KDK_ASSIGN(const std::uint64_t module, find_struct(memory, *at, modules, name));
    ModuleTables tables;
    KDK_ASSIGN(tables.symbols, read_symbols(memory, *at, module, name, wanted));
    if (at->btf && at->btf_size) {
        KDK_ASSIGN(const std::uint64_t data, memory.u64(module + at->btf->offset));
        KDK_ASSIGN(const std::uint32_t size, memory.u32(module + at->btf_size->offset));
        if (data != 0 && size != 0) {
            KDK_ASSIGN(auto bytes, memory.read(data, size, Btf::max_size));
            // Without it the kernel's types still serve.
            if (auto btf = Btf::parse(std::move(bytes), &kernel_btf))
                tables.btf = std::move(*btf);
        }
    }
    return tables;
}

} // namespace kdumpkit::dump
