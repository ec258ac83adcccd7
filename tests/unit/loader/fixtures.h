// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "loader/kcore.h"
#include "loader/machine.h"

#include <cstring>
#include <string>
#include <vector>

#include <elf.h>

namespace kdumpkit::loader::fixtures {

// A guest with 1 GiB, 2 CPUs, KASLR, 5 levels and crashkernel=192M, as its kernel (6.1) said it.
inline constexpr const char* iomem = R"(00000000-00000fff : Reserved
00001000-0009fbff : System RAM
0009fc00-0009ffff : Reserved
000a0000-000bffff : PCI Bus 0000:00
000f0000-000fffff : Reserved
  000f0000-000fffff : System ROM
00100000-3ffd6fff : System RAM
  2e400000-2f201ef1 : Kernel code
  2f400000-2fc26fff : Kernel rodata
  2fe00000-30045dff : Kernel data
  306b1000-30bfffff : Kernel bss
  33000000-3effffff : Crash kernel
3ffd7000-3fffffff : Reserved
40000000-febfffff : PCI Bus 0000:00
  febf0000-febf3fff : 0000:00:04.0
    febf0000-febf3fff : nvme
fffc0000-ffffffff : Reserved
fd00000000-ffffffffff : Reserved
)";

inline constexpr std::uint64_t page_offset = 0xff2c3d6380000000, text_virtual = 0xffffffffa0a00000,
                               text_physical = 0x2e400000, text_size = 0x2830000;

inline void append(std::vector<std::byte>& bytes, Bytes more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
}

struct KcoreLoad {
    std::uint64_t virtual_address, physical, size;
};
inline std::vector<std::byte> kcore(const std::vector<KcoreLoad>& loads) {
    Elf64_Ehdr elf{};
    std::memcpy(elf.e_ident, ELFMAG, SELFMAG);
    elf.e_ident[EI_CLASS] = ELFCLASS64;
    elf.e_type = ET_CORE;
    elf.e_machine = EM_X86_64;
    elf.e_phoff = sizeof(elf);
    elf.e_phentsize = sizeof(Elf64_Phdr);
    elf.e_phnum = static_cast<Elf64_Half>(loads.size());
    std::vector<std::byte> bytes;
    append(bytes, bytes_of(elf));
    for (const KcoreLoad& load : loads) {
        Elf64_Phdr header{};
        header.p_type = PT_LOAD;
        header.p_vaddr = load.virtual_address;
        header.p_paddr = load.physical;
        header.p_filesz = header.p_memsz = load.size;
        append(bytes, bytes_of(header));
    }
    return bytes;
}
// As 6.1 shows it: vmalloc and modules without a physical address, the kernel's image, the direct mapping.
inline std::vector<KcoreLoad> usual_kcore() {
    return {{text_virtual, text_physical, text_size},
            {0xffa0000000000000, ~0ULL, 1ULL << 40},
            {0xffffffffc0000000, ~0ULL, 0x3f000000},
            {page_offset + 0x1000, 0x1000, 0x9e000},
            {page_offset + 0x100000, 0x100000, 0x3fed7000}};
}

inline Machine machine() {
    Machine m;
    m.architecture = "x86_64";
    m.iomem = iomem;
    m.command_line = "BOOT_IMAGE=/boot/vmlinuz-6.1 root=/dev/sda1 ro quiet console=ttyS0 crashkernel=192M";
    m.release = "6.1.0-56-cloud-amd64";
    m.lockdown = "[none] integrity confidentiality";
    m.load_disabled = "0";
    m.vmcoreinfo = "3f0000 1024";
    m.crash_size = "201326592";
    m.crash_loaded = "0";
    m.cpus = {{0, "3e21d000", "384"}, {1, "3e31d000", "384"}};
    // Notes lie in System RAM outside the reservation.
    m.cpus[0].crash_notes = "31000000";
    m.cpus[1].crash_notes = "31100000";
    m.kcore = kcore(usual_kcore());
    m.privileged = true;
    return m;
}

// A small bzImage with protocol 2.15; tests poke what they want to be wrong.
inline std::vector<std::byte> bzimage(std::size_t code_size = 0x10000, std::uint32_t init_size = 0x200000) {
    constexpr std::size_t setup_sectors = 4;
    std::vector<std::byte> file((setup_sectors + 1) * 512 + code_size);
    const auto put = [&](std::size_t at, auto value) {
        std::memcpy(file.data() + at, &value, sizeof(value));
    };
    put(0x1f1, static_cast<std::uint8_t>(setup_sectors));
    put(0x1f4, static_cast<std::uint32_t>(code_size / 16));
    put(0x1fe, std::uint16_t{0xaa55});
    put(0x200, std::uint16_t{0x6aeb}); // jmp to 0x26c
    std::memcpy(file.data() + 0x202, "HdrS", 4);
    put(0x206, std::uint16_t{0x020f});
    put(0x20e, std::uint16_t{0x300});
    std::memcpy(file.data() + 0x500, "6.1.0-test", 11);
    put(0x230, std::uint32_t{0x200000});
    put(0x234, std::uint8_t{1});
    put(0x236, std::uint16_t{0x7f});
    put(0x238, std::uint32_t{2047});
    put(0x248, std::uint32_t{0x400});
    put(0x24c, std::uint32_t{0x1000});
    put(0x258, std::uint64_t{0x1000000});
    put(0x260, init_size);
    for (std::size_t i = (setup_sectors + 1) * 512; i < file.size(); ++i)
        file[i] = static_cast<std::byte>(i * 7);
    return file;
}
template<class T>
void poke(std::vector<std::byte>& bytes, std::size_t at, T value) {
    std::memcpy(bytes.data() + at, &value, sizeof(value));
}

inline std::vector<std::byte> initrd(std::size_t size = 100000) {
    std::vector<std::byte> bytes(size, std::byte{0x5a});
    std::memcpy(bytes.data(), "070701", 6);
    return bytes;
}

} // namespace kdumpkit::loader::fixtures
