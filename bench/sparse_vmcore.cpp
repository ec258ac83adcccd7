// SPDX-License-Identifier: GPL-2.0-or-later
// Writes the vmcore of a machine with any amount of memory, as a sparse file: bench/run measures with it how
// cost grows with memory. Everything that the filter reads is real (page tables, memory sections, struct
// pages as Linux 6.1 lays them out); what the pages hold is mostly zero, and takes no room.
//   sparse_vmcore GIB FILE
// Of each 64 MiB, 60 MiB are free blocks of the largest order, 2 MiB one anonymous huge page, 1 MiB page
// cache and the rest the kernel's, with every eighth page of it filled.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

namespace {

constexpr std::uint64_t page = 4096;
constexpr std::uint64_t gib = std::uint64_t{1} << 30;
constexpr std::uint64_t huge = std::uint64_t{2} << 20;
constexpr std::uint64_t direct_map = 0xffff888000000000;
constexpr std::uint64_t vmemmap = 0xffffea0000000000;
constexpr std::uint64_t image = 0xffffffff80000000; // of physical 0
constexpr std::uint64_t data = 0x100000;            // file offset of physical 0

// Where things are in physical memory, below the memory map.
constexpr std::uint64_t page_tables = 0x1000000;
constexpr std::uint64_t roots = 0x1100000;
constexpr std::uint64_t sections = 0x1200000;
constexpr std::uint64_t uts = 0x1180000;
constexpr std::uint64_t nodes_online = 0x1181000;
constexpr std::uint64_t node_data = 0x1182000;
constexpr std::uint64_t node = 0x1190000;

class File {
  public:
    explicit File(const char* path) : fd_(::open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600)) {}
    bool good() const { return fd_ >= 0; }
    void put(std::uint64_t offset, const void* bytes, std::size_t size) {
        if (::pwrite(fd_, bytes, size, static_cast<off_t>(offset)) != static_cast<ssize_t>(size)) {
            std::perror("sparse_vmcore: write");
            std::exit(1);
        }
    }
    void word(std::uint64_t paddr, std::uint64_t value) { put(data + paddr, &value, sizeof(value)); }
    void grow(std::uint64_t size) {
        if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) {
            std::perror("sparse_vmcore: grow");
            std::exit(1);
        }
    }

  private:
    int fd_;
};

struct StructPage { // the members that the filter reads, Linux 6.1
    std::uint64_t flags = 0, compound = 0, lru = 0, mapping = 0, index = 0, private_data = 0;
    std::uint32_t type = 0xffffffff;
    std::uint32_t refcount = 0;
    std::uint64_t memcg = 0;
};
static_assert(sizeof(StructPage) == 64);

std::string symbol(const char* name, std::uint64_t paddr) {
    char line[96];
    std::snprintf(line, sizeof(line), "SYMBOL(%s)=%llx\n", name,
                  static_cast<unsigned long long>(image + paddr));
    return line;
}

std::string vmcoreinfo() {
    std::string info =
        "OSRELEASE=6.1.0-sparse\nPAGESIZE=4096\nSYMBOL(mem_section)=ffff888001100000\n"
        "OFFSET(uts_namespace.name)=0\nLENGTH(mem_section)=2048\nSIZE(mem_section)=16\n"
        "OFFSET(mem_section.section_mem_map)=0\nNUMBER(SECTION_SIZE_BITS)=27\n"
        "NUMBER(MAX_PHYSMEM_BITS)=46\nSIZE(page)=64\nSIZE(pglist_data)=174208\nSIZE(zone)=1536\n"
        "SIZE(free_area)=88\nSIZE(list_head)=16\nSIZE(nodemask_t)=128\nOFFSET(page.flags)=0\n"
        "OFFSET(page._refcount)=52\nOFFSET(page.mapping)=24\nOFFSET(page.lru)=8\n"
        "OFFSET(page._mapcount)=48\nOFFSET(page.private)=40\nOFFSET(page.compound_dtor)=16\n"
        "OFFSET(page.compound_order)=17\nOFFSET(page.compound_head)=8\n"
        "OFFSET(pglist_data.node_zones)=0\nOFFSET(pglist_data.nr_zones)=171552\n"
        "OFFSET(pglist_data.node_start_pfn)=171560\nOFFSET(pglist_data.node_spanned_pages)=171576\n"
        "OFFSET(pglist_data.node_id)=171584\nOFFSET(zone.free_area)=256\nOFFSET(zone.vm_stat)=1344\n"
        "OFFSET(zone.spanned_pages)=144\nOFFSET(free_area.free_list)=0\nOFFSET(list_head.next)=0\n"
        "OFFSET(list_head.prev)=8\nLENGTH(zone.free_area)=11\nLENGTH(free_area.free_list)=5\n"
        "NUMBER(NR_FREE_PAGES)=0\nNUMBER(PG_lru)=4\nNUMBER(PG_private)=13\nNUMBER(PG_swapcache)=10\n"
        "NUMBER(PG_swapbacked)=19\nNUMBER(PG_slab)=9\nNUMBER(PG_hwpoison)=22\n"
        "NUMBER(PG_head_mask)=65536\nNUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-129\n"
        "NUMBER(HUGETLB_PAGE_DTOR)=2\nNUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)=-257\nNUMBER(phys_base)=0\n"
        "NUMBER(pgtable_l5_enabled)=0\nLENGTH(node_data)=1024\nKERNELOFFSET=0\n"
        "NUMBER(KERNEL_IMAGE_SIZE)=1073741824\nNUMBER(sme_mask)=0\nCRASHTIME=1795348306\n";
    return info + symbol("_stext", page_tables) + symbol("swapper_pg_dir", page_tables) +
           symbol("init_top_pgt", page_tables) + symbol("init_uts_ns", uts) +
           symbol("node_online_map", nodes_online) + symbol("node_data", node_data);
}

// What other tools want to see before they filter: a name, and one node with one zone.
void write_identity(File& file, std::uint64_t memory, std::uint64_t free_pages) {
    const char* const names[] = {"Linux", "sparse", "6.1.0-sparse", "#1 SMP", "x86_64", "(none)"};
    for (std::size_t i = 0; i < 6; ++i)
        file.put(data + uts + i * 65, names[i], std::strlen(names[i]));
    file.word(nodes_online, 1);
    file.word(node_data, direct_map + node);
    file.word(node + 171552, 1);
    file.word(node + 171576, memory / page);
    file.word(node + 144, memory / page);
    file.word(node + 1344, free_pages);
}

void write_headers(File& file, std::uint64_t memory) {
    const std::string info = vmcoreinfo();
    std::vector<char> note(12 + 12 + (info.size() + 3) / 4 * 4);
    const Elf64_Nhdr header = {11, static_cast<Elf64_Word>(info.size()), 0};
    std::memcpy(note.data(), &header, sizeof(header));
    std::memcpy(note.data() + 12, "VMCOREINFO", 11);
    std::memcpy(note.data() + 24, info.data(), info.size());
    Elf64_Ehdr elf{};
    std::memcpy(elf.e_ident, ELFMAG "\2\1\1", 7);
    elf.e_type = ET_CORE;
    elf.e_machine = EM_X86_64;
    elf.e_version = EV_CURRENT;
    elf.e_phoff = sizeof(elf);
    elf.e_ehsize = sizeof(elf);
    elf.e_phentsize = sizeof(Elf64_Phdr);
    elf.e_phnum = 2;
    Elf64_Phdr segments[2] = {};
    segments[0].p_type = PT_NOTE;
    segments[0].p_offset = 4096;
    segments[0].p_filesz = segments[0].p_memsz = note.size();
    segments[1].p_type = PT_LOAD;
    segments[1].p_flags = PF_R | PF_W | PF_X;
    segments[1].p_offset = data;
    segments[1].p_vaddr = direct_map;
    segments[1].p_filesz = segments[1].p_memsz = memory;
    file.put(0, &elf, sizeof(elf));
    file.put(sizeof(elf), segments, sizeof(segments));
    file.put(4096, note.data(), note.size());
    file.grow(data + memory);
}

// Pages of 1 GiB, or of 2 MiB where the memory is not aligned for that, for the direct map, the memory map
// and the kernel image.
void write_page_tables(File& file, std::uint64_t memory, std::uint64_t map, std::uint64_t map_size) {
    std::uint64_t next = page_tables + page;
    std::vector<std::uint64_t> tables(512);
    const auto new_table = [&](std::uint64_t entry) {
        file.word(entry, next | 1);
        next += page;
        return next - page;
    };
    const auto map_range = [&](std::uint64_t virt, std::uint64_t phys, std::uint64_t size) {
        for (std::uint64_t done = 0; done < size; done += gib) {
            const std::uint64_t top = (virt + done) >> 39 & 511;
            if (tables[top] == 0)
                tables[top] = new_table(page_tables + top * 8);
            const std::uint64_t entry = tables[top] + ((virt + done) >> 30 & 511) * 8;
            if (phys % gib == 0) {
                file.word(entry, (phys + done) | 0x81);
                continue;
            }
            const std::uint64_t middle = new_table(entry);
            for (std::uint64_t i = 0; i < 512 && done + i * huge < size; ++i)
                file.word(middle + i * 8, (phys + done + i * huge) | 0x81);
        }
    };
    map_range(direct_map, 0, memory);
    map_range(vmemmap, map, map_size);
    map_range(image, 0, gib);
}

void write_sections(File& file, std::uint64_t memory) {
    constexpr std::uint64_t section = std::uint64_t{128} << 20;
    for (std::uint64_t i = 0; i * section < memory; ++i)
        file.word(sections + i * 16, vmemmap | 0x1f); // section_mem_map is the map of pfn 0
    for (std::uint64_t i = 0; i * section * 256 < memory; ++i)
        file.word(roots + i * 8, direct_map + sections + i * page);
}

constexpr std::uint64_t free_per_region = (std::uint64_t{60} << 20) / page;

// Struct pages and some contents of 64 MiB from `begin`.
void write_region(File& file, std::uint64_t begin, std::uint64_t map, bool kernel_only, bool contents) {
    constexpr std::uint64_t region = std::uint64_t{64} << 20;
    constexpr std::uint64_t block = std::uint64_t{4} << 20;
    const auto at = [&](std::uint64_t paddr) { return data + map + paddr / page * sizeof(StructPage); };
    std::vector<StructPage> pages(block / page);
    for (StructPage& one : pages)
        one.refcount = 1;
    if (kernel_only) {
        for (std::uint64_t paddr = begin; paddr < begin + region; paddr += block)
            file.put(at(paddr), pages.data(), pages.size() * sizeof(StructPage));
        return;
    }
    StructPage free;
    free.type = static_cast<std::uint32_t>(-129);
    free.private_data = 10;
    for (std::uint64_t paddr = begin + block; paddr < begin + region; paddr += block)
        file.put(at(paddr), &free, sizeof(free));
    // The first 4 MiB: a huge page, cache, the kernel's.
    const std::uint64_t head = vmemmap + begin / page * sizeof(StructPage);
    for (std::size_t i = 0; i < 512; ++i)
        pages[i].compound = head | 1;
    pages[0].compound = 0;
    pages[0].flags = 1 << 16 | 1 << 19 | 1 << 4; // head, swapbacked, lru
    pages[0].mapping = direct_map + 1;           // anonymous
    pages[1].lru = 9 << 8 | 1;                   // order and destructor of the compound page
    for (std::size_t i = 512; i < 768; ++i) {
        pages[i].flags = 1 << 4;
        pages[i].mapping = direct_map + 0x1000;
    }
    file.put(at(begin), pages.data(), pages.size() * sizeof(StructPage));
    std::vector<std::uint32_t> content(page / 4);
    for (std::uint64_t i = 768; contents && i < 1024; i += 8) {
        std::uint32_t x = static_cast<std::uint32_t>(begin / page + i);
        for (std::size_t j = 0; j < content.size(); ++j)
            content[j] = j % 3 == 0 ? (x = x * 1664525 + 1013904223) : static_cast<std::uint32_t>(j);
        file.put(data + begin + i * page, content.data(), page);
    }
}

} // namespace

int main(int argc, char** argv) {
    const std::uint64_t memory = argc == 3 ? std::strtoull(argv[1], nullptr, 10) * gib : 0;
    if (memory < gib || memory > 12 * 1024 * gib) {
        std::fputs("usage: sparse_vmcore GIB FILE, with 1 to 12288 GIB\n", stderr);
        return 2;
    }
    File file(argv[2]);
    if (!file.good()) {
        std::perror(argv[2]);
        return 1;
    }
    const std::uint64_t map_size = memory / page * sizeof(StructPage);
    const std::uint64_t map =
        memory < 4 * gib ? memory / 2 : 2 * gib; // physical, where the memory map begins
    write_headers(file, memory);
    write_page_tables(file, memory, map, map_size);
    write_sections(file, memory);
    constexpr std::uint64_t region = std::uint64_t{64} << 20;
    std::uint64_t free_pages = 0;
    for (std::uint64_t begin = 0; begin < memory; begin += region) {
        const bool kernel_only = begin < region || (begin >= map && begin < map + map_size);
        // Above 1 TiB the file would outgrow its disk: there only some regions have contents.
        write_region(file, begin, map, kernel_only, begin / region % ((memory - 1) / (1024 * gib) + 1) == 0);
        free_pages += kernel_only ? 0 : free_per_region;
    }
    write_identity(file, memory, free_pages);
    return 0;
}
