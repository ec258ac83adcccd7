// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/way_back.h"

#include "base/file.h"
#include "loader/choice.h"
#include "loader/kexec.h"

#include <algorithm>

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>

namespace kdumpkit::loader {

namespace {

// KEXEC_CONTROL_CODE_MAX_SIZE of arch/x86/include/asm/kexec.h: all that may be there, padded.
constexpr std::size_t code_size = 2048;

// lgdt with an operand in memory: 0f 01 /2 (Intel SDM volume 2). A kernel that does not load the table again
// has no other use for it there.
bool loads_descriptor_table(Bytes code) {
    for (std::size_t i = 0; i + 2 < code.size(); ++i) {
        const auto operand = std::to_integer<unsigned>(code[i + 2]);
        if (code[i] == std::byte{0x0f} && code[i + 1] == std::byte{0x01} && (operand >> 3 & 7) == 2 &&
            operand >> 6 != 3)
            return true;
    }
    return false;
}

std::optional<std::uint64_t> offset_in_kcore(Bytes headers, std::uint64_t address) {
    const ByteReader reader(headers);
    const auto header = reader.raw<Elf64_Ehdr>(0);
    for (std::uint64_t i = 0; header && i < header->e_phnum; ++i) {
        const auto at = checked_add(header->e_phoff, i * sizeof(Elf64_Phdr));
        const auto program = at ? reader.raw<Elf64_Phdr>(*at) : std::nullopt;
        if (program && program->p_type == PT_LOAD && address >= program->p_vaddr &&
            address - program->p_vaddr < program->p_memsz)
            return program->p_offset + (address - program->p_vaddr);
    }
    return std::nullopt;
}

} // namespace

WayBack way_back(Bytes code) {
    if (code.empty())
        return WayBack::unknown;
    return loads_descriptor_table(code) ? WayBack::sound : WayBack::faults;
}

std::optional<std::uint64_t> symbol_address(std::string_view kallsyms, std::string_view name) {
    // "ffffffff81069000 T relocate_kernel", and for modules "\t[module]" behind it.
    for (std::size_t at = kallsyms.find(name); at != std::string_view::npos;
         at = kallsyms.find(name, at + 1)) {
        const std::size_t newline = kallsyms.rfind('\n', at);
        const std::size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
        const std::size_t end = std::min(kallsyms.find('\n', at), kallsyms.size());
        if (at - begin != 19 || end != at + name.size())
            continue;
        if (const auto address = parse_number(kallsyms.substr(begin, 16), 16); address && *address != 0)
            return address;
    }
    return std::nullopt;
}

std::vector<std::byte> relocation_code(Bytes headers) {
    const auto address =
        symbol_address(read_text("/proc/kallsyms").value_or(std::string()), "relocate_kernel");
    const auto offset = address ? offset_in_kcore(headers, *address) : std::nullopt;
    const auto file = open_file("/proc/kcore", O_RDONLY);
    std::vector<std::byte> code(code_size);
    if (!offset || !file || !pread_exact(file->get(), *offset, code, "/proc/kcore"))
        return {};
    return code;
}

Result<> require_way_back(const Machine& machine, const Log& log) {
    // Where loads are limited none is spent on asking: the load itself is answered the same way.
    if (!loads_left(machine, KexecPurpose::reboot))
        KDK_TRY(require_jump());
    switch (way_back(relocation_code(machine.kcore))) {
    case WayBack::sound:
        return {};
    case WayBack::unknown:
        log.warning("Linux {} may fault when the other kernel returns: /proc/kallsyms and /proc/kcore do not "
                    "show its code",
                    machine.release);
        return {};
    case WayBack::faults:
        break;
    }
    return fail(
        make_error(ErrorKind::unsupported, "load", std::string(to_text(KexecPurpose::reboot)),
                   fmt::format("Linux {} would fault when the other kernel returns: its code shows no "
                               "instruction that loads the descriptor table again",
                               machine.release))
            .then("load without --preserve-context, or boot a kernel that has it (kernel commit "
                  "07fa619f2a40)"));
}

} // namespace kdumpkit::loader
