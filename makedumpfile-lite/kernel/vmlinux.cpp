// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/vmlinux.h"

#include "base/elf_note.h"
#include "base/file.h"
#include "base/range.h"
#include "makedumpfile-lite/kernel/btf.h"
#include "makedumpfile-lite/kernel/dwarf.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

namespace kdumpkit::dump {

namespace {

constexpr std::size_t longest_name = 512;

Bytes section(const std::vector<ElfSection>& sections, std::string_view name) {
    const auto found = std::ranges::find(sections, name, &ElfSection::name);
    return found == sections.end() ? Bytes() : found->bytes;
}

// "Linux version 6.1.0-56-cloud-amd64 (...": init/version.c, linux_banner.
std::string release_of(const std::vector<ElfSection>& sections) {
    constexpr std::string_view start = "Linux version ";
    const Symbols symbols = elf_symbols(sections, {"linux_banner"});
    const auto banner = symbols.find("linux_banner");
    if (banner == symbols.end())
        return {};
    for (const ElfSection& part : sections) {
        if (banner->second < part.address || banner->second - part.address >= part.bytes.size())
            continue;
        const auto text = ByteReader(part.bytes).c_string(banner->second - part.address, longest_name);
        if (text && text->starts_with(start))
            return std::string(text->substr(start.size(), text->find(' ', start.size()) - start.size()));
    }
    return {};
}

} // namespace

Result<std::vector<ElfSection>> elf_sections(Bytes file) {
    const auto corrupt = [](std::string reason) {
        return fail(make_error(ErrorKind::corrupt, "read", "the ELF file", std::move(reason)));
    };
    const ByteReader reader(file);
    const auto header = reader.raw<Elf64_Ehdr>(0);
    if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
        header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB ||
        header->e_shentsize != sizeof(Elf64_Shdr))
        return corrupt("it is no 64-bit little-endian ELF file with sections");
    const auto header_at = [&](std::uint64_t index) {
        const auto at = checked_add(header->e_shoff, index * sizeof(Elf64_Shdr));
        return at ? reader.raw<Elf64_Shdr>(*at) : std::nullopt;
    };
    const auto first = header_at(0);
    const std::uint64_t count = header->e_shnum != 0 ? header->e_shnum : first ? first->sh_size : 0;
    const std::uint64_t names = header->e_shstrndx != SHN_XINDEX ? header->e_shstrndx
                                : first                          ? first->sh_link
                                                                 : 0;
    const auto name_header = names < count ? header_at(names) : std::nullopt;
    const auto strings =
        name_header ? reader.slice(name_header->sh_offset, name_header->sh_size) : std::nullopt;
    if (count > file.size() / sizeof(Elf64_Shdr) || !strings)
        return corrupt("its section headers lie outside it");
    std::vector<ElfSection> sections;
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto one = header_at(i);
        if (!one)
            return corrupt("its section headers lie outside it");
        ElfSection found{
            ByteReader(*strings).c_string(one->sh_name, longest_name).value_or(""), one->sh_addr, {}};
        if (one->sh_type != SHT_NOBITS && one->sh_type != SHT_NULL) {
            const auto bytes = reader.slice(one->sh_offset, one->sh_size);
            if (!bytes)
                return corrupt(fmt::format("its section {} lies outside it", found.name));
            found.bytes = *bytes;
        }
        sections.push_back(found);
    }
    return sections;
}

Symbols elf_symbols(const std::vector<ElfSection>& sections, const std::vector<std::string_view>& wanted) {
    Symbols symbols;
    const ByteReader table(section(sections, ".symtab"));
    const ByteReader strings(section(sections, ".strtab"));
    for (std::uint64_t at = 0; at + sizeof(Elf64_Sym) <= table.size(); at += sizeof(Elf64_Sym)) {
        const auto symbol = table.raw<Elf64_Sym>(at);
        const auto name = strings.c_string(symbol->st_name, longest_name);
        if (name && symbol->st_shndx != SHN_UNDEF && std::ranges::find(wanted, *name) != wanted.end())
            symbols.emplace(*name, symbol->st_value);
    }
    return symbols;
}

Vmlinux::~Vmlinux() {
    types_.reset();
    if (!file_.empty())
        ::munmap(const_cast<std::byte*>(file_.data()), file_.size());
}

Result<std::unique_ptr<Vmlinux>> Vmlinux::open(const std::string& path) {
    KDK_ASSIGN(Fd fd, open_file(path, O_RDONLY));
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0)
        return fail(system_error("open", path, errno));
    if (!S_ISREG(status.st_mode) || status.st_size == 0)
        return fail(make_error(ErrorKind::invalid, "use", path, "it is no file with anything in it")
                        .then("name the kernel's vmlinux"));
    const auto size = static_cast<std::size_t>(status.st_size);
    void* const mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
    if (mapped == MAP_FAILED)
        return fail(system_error("map", path, errno));
    auto vmlinux = std::unique_ptr<Vmlinux>(new Vmlinux());
    vmlinux->file_ = Bytes(static_cast<const std::byte*>(mapped), size);
    auto sections = elf_sections(vmlinux->file_);
    if (!sections) {
        Error error = sections.error();
        error.object = path;
        return fail(std::move(error).then("name the vmlinux of the kernel's debug package, not a vmlinuz"));
    }
    vmlinux->sections_ = std::move(*sections);
    for (const ElfSection& part : vmlinux->sections_)
        if (part.name.starts_with(".note") && vmlinux->identity_.build_id.empty())
            vmlinux->identity_.build_id = build_id_of(part.bytes);
    vmlinux->identity_.release = release_of(vmlinux->sections_);
    if (const Bytes bytes = section(vmlinux->sections_, ".BTF"); !bytes.empty()) {
        KDK_ASSIGN(Btf btf, Btf::parse(std::vector<std::byte>(bytes.begin(), bytes.end())));
        vmlinux->types_ = std::make_unique<Btf>(std::move(btf));
        return vmlinux;
    }
    if (section(vmlinux->sections_, ".debug_info").empty())
        return fail(make_error(ErrorKind::unsupported, "use", path,
                               "it has neither BTF (.BTF) nor debug information (.debug_info)")
                        .then("name the vmlinux of the kernel's debug package"));
    KDK_ASSIGN(vmlinux->types_, open_dwarf(path));
    return vmlinux;
}

} // namespace kdumpkit::dump
