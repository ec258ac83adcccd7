// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/elf_object.h"

#include <memory>

#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>

namespace kdumpkit::initramfs {
namespace {

using Handle = std::unique_ptr<Elf, decltype(&elf_end)>;

Failure broken(const std::string& name, std::string_view what) {
    const char* why = elf_errmsg(-1);
    return fail(ErrorKind::corrupt, "read the ELF file", name,
                why != nullptr ? fmt::format("{} ({})", what, why) : std::string(what));
}

// libelf wants char*, and with elf_memory never writes to it.
Handle open_elf(Bytes file) {
    elf_version(EV_CURRENT);
    char* image = const_cast<char*>(reinterpret_cast<const char*>(file.data()));
    return {elf_memory(image, file.size()), &elf_end};
}

std::vector<std::string> split_path(std::string_view text) {
    std::vector<std::string> parts;
    for (;;) {
        const auto colon = text.find(':');
        parts.emplace_back(text.substr(0, colon));
        if (colon == std::string_view::npos)
            return parts;
        text.remove_prefix(colon + 1);
    }
}

// The string table's file offset is named by its virtual address; program headers translate (section headers
// may be gone, as in what strip() makes).
std::optional<std::uint64_t> file_offset(Elf* elf, std::size_t segments, GElf_Addr address) {
    for (std::size_t i = 0; i < segments; ++i) {
        GElf_Phdr segment;
        if (gelf_getphdr(elf, static_cast<int>(i), &segment) == nullptr || segment.p_type != PT_LOAD)
            continue;
        if (address >= segment.p_vaddr && address - segment.p_vaddr < segment.p_filesz)
            return segment.p_offset + (address - segment.p_vaddr);
    }
    return std::nullopt;
}

Result<> read_dynamic(Elf* elf, Bytes file, std::size_t segments, const GElf_Phdr& where, ElfObject& object,
                      const std::string& name) {
    Elf_Data* data =
        elf_getdata_rawchunk(elf, static_cast<int64_t>(where.p_offset), where.p_filesz, ELF_T_DYN);
    if (data == nullptr)
        return broken(name, "its dynamic segment lies outside the file");
    const std::size_t entry_size = gelf_fsize(elf, ELF_T_DYN, 1, EV_CURRENT);
    const std::size_t count = entry_size == 0 ? 0 : where.p_filesz / entry_size;
    std::optional<GElf_Addr> strings_at;
    std::vector<GElf_Dyn> wanted;
    for (std::size_t i = 0; i < count; ++i) {
        GElf_Dyn entry;
        if (gelf_getdyn(data, static_cast<int>(i), &entry) == nullptr || entry.d_tag == DT_NULL)
            break;
        if (entry.d_tag == DT_STRTAB)
            strings_at = entry.d_un.d_ptr;
        if (entry.d_tag == DT_NEEDED || entry.d_tag == DT_SONAME || entry.d_tag == DT_RPATH ||
            entry.d_tag == DT_RUNPATH)
            wanted.push_back(entry);
    }
    if (wanted.empty())
        return {};
    const auto strings = strings_at ? file_offset(elf, segments, *strings_at) : std::nullopt;
    if (!strings)
        return broken(name, "its dynamic segment has no string table");
    const ByteReader reader(file);
    for (const GElf_Dyn& entry : wanted) {
        if (entry.d_un.d_val >= file.size())
            return broken(name, "a name in its dynamic segment lies outside the file");
        const auto text = reader.c_string(*strings + entry.d_un.d_val, 4096);
        if (!text)
            return broken(name, "a name in its dynamic segment lies outside the file");
        if (entry.d_tag == DT_NEEDED)
            object.needed.emplace_back(*text);
        else if (entry.d_tag == DT_SONAME)
            object.soname = *text;
        else if (entry.d_tag == DT_RPATH)
            object.rpath = split_path(*text);
        else
            object.runpath = split_path(*text);
    }
    if (!object.runpath.empty()) // ld.so(8): DT_RPATH is ignored beside a DT_RUNPATH
        object.rpath.clear();
    return {};
}

} // namespace

Result<ElfObject> read_elf_object(Bytes file, const std::string& name) {
    const Handle elf = open_elf(file);
    GElf_Ehdr header;
    if (!elf || elf_kind(elf.get()) != ELF_K_ELF || gelf_getehdr(elf.get(), &header) == nullptr)
        return fail(ErrorKind::corrupt, "read the ELF file", name, "not an ELF file");
    ElfObject object;
    object.machine = header.e_machine;
    object.width = header.e_ident[EI_CLASS];
    std::size_t segments = 0;
    // libelf answers fewer headers than promised when the file ends too early.
    if (elf_getphdrnum(elf.get(), &segments) != 0 ||
        (header.e_phnum != PN_XNUM && segments != header.e_phnum))
        return broken(name, "its program headers lie outside the file");
    for (std::size_t i = 0; i < segments; ++i) {
        GElf_Phdr segment;
        if (gelf_getphdr(elf.get(), static_cast<int>(i), &segment) == nullptr)
            return broken(name, "its program headers lie outside the file");
        if (segment.p_type == PT_LOAD &&
            (segment.p_offset > file.size() || segment.p_filesz > file.size() - segment.p_offset))
            return fail(ErrorKind::corrupt, "read the ELF file", name,
                        fmt::format("it is cut off: a segment ends behind its {} bytes", file.size()));
        if (segment.p_type == PT_INTERP) {
            const auto text = ByteReader(file).c_string(segment.p_offset, 4096);
            if (!text)
                return broken(name, "its interpreter's name lies outside the file");
            object.interpreter = *text;
        } else if (segment.p_type == PT_DYNAMIC) {
            KDK_TRY(read_dynamic(elf.get(), file, segments, segment, object, name));
        }
    }
    return object;
}

Result<std::optional<Bytes>> read_elf_section(Bytes file, const std::string& section,
                                              const std::string& name) {
    const Handle elf = open_elf(file);
    std::size_t names = 0;
    if (!elf || elf_kind(elf.get()) != ELF_K_ELF)
        return fail(ErrorKind::corrupt, "read the ELF file", name, "not an ELF file");
    if (elf_getshdrstrndx(elf.get(), &names) != 0)
        return broken(name, "its section names lie outside the file");
    for (Elf_Scn* scan = elf_nextscn(elf.get(), nullptr); scan != nullptr;
         scan = elf_nextscn(elf.get(), scan)) {
        GElf_Shdr header;
        if (gelf_getshdr(scan, &header) == nullptr)
            return broken(name, "a section header lies outside the file");
        const char* text = elf_strptr(elf.get(), names, header.sh_name);
        if (text == nullptr || section != text)
            continue;
        const auto bytes = ByteReader(file).slice(header.sh_offset, header.sh_size);
        if (!bytes)
            return broken(name, fmt::format("its section {} lies outside the file", section));
        return bytes;
    }
    return std::optional<Bytes>{};
}

} // namespace kdumpkit::initramfs
