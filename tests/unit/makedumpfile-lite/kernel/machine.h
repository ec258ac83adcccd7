// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "makedumpfile-lite/source/image.h"

#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace kdumpkit::dump::test {

// The crashed memory of a machine that never was: 64 MiB of RAM, 4-level page tables, a memory map of 64-byte
// struct pages as Linux 6.1 lays them out, and VMCOREINFO. Every word of it can be set, so that it can lie.
class Machine : public Image {
  public:
    static constexpr std::uint64_t ram = 64 << 20;
    static constexpr std::uint64_t pfns = ram / 4096;
    static constexpr std::uint64_t image_vaddr = 0xffffffff80000000; // maps to physical 0 (phys_base is 0)
    static constexpr std::uint64_t direct_vaddr = 0xffff888000000000;
    static constexpr std::uint64_t vmemmap = 0xffffea0000000000;
    // Where things are in RAM.
    static constexpr std::uint64_t page_table = 0x1000000;
    static constexpr std::uint64_t section_roots = 0x1010000;
    static constexpr std::uint64_t sections = 0x1020000;
    static constexpr std::uint64_t struct_pages = 0x2000000; // 1 MiB

    static constexpr std::uint64_t lru = 1 << 4, swapcache = 1 << 10, slab = 1 << 9, private_ = 1 << 13,
                                   head = 1 << 16, swapbacked = 1 << 19, hwpoison = 1 << 22;
    static constexpr std::uint32_t buddy = static_cast<std::uint32_t>(-129);
    static constexpr std::uint32_t offline = static_cast<std::uint32_t>(-257);

    struct Page {
        std::uint64_t flags = 0;
        std::uint64_t compound = 0;
        std::uint64_t mapping = 0;
        std::uint64_t private_data = 0;
        std::uint32_t type = 0xffffffff;
        std::uint32_t refcount = 1;
    };

    Machine() : bytes_(ram), memory_{{0, ram}} {
        // One 1 GiB page of direct map, one 2 MiB page of memory map.
        u64(page_table + (direct_vaddr >> 39 & 511) * 8, page_table + 0x1000 + 1);
        u64(page_table + 0x1000 + (direct_vaddr >> 30 & 511) * 8, 0x81);
        u64(page_table + (vmemmap >> 39 & 511) * 8, page_table + 0x2000 + 1);
        u64(page_table + 0x2000 + (vmemmap >> 30 & 511) * 8, page_table + 0x3000 + 1);
        u64(page_table + 0x3000 + (vmemmap >> 21 & 511) * 8, struct_pages | 0x81);
        u64(section_roots, direct_vaddr + sections);
        u64(sections, vmemmap | 0x1f);
        for (std::uint64_t pfn = 0; pfn < pfns; ++pfn)
            page(pfn, {});
    }

    void put(std::uint64_t paddr, Bytes what) {
        std::memcpy(bytes_.data() + paddr, what.data(), what.size());
    }
    void u64(std::uint64_t paddr, std::uint64_t value) { put(paddr, bytes_of(value)); }
    void u32(std::uint64_t paddr, std::uint32_t value) { put(paddr, bytes_of(value)); }
    void u8(std::uint64_t paddr, std::uint8_t value) { put(paddr, bytes_of(value)); }

    static std::uint64_t page_paddr(std::uint64_t pfn) { return struct_pages + pfn * 64; }
    static std::uint64_t page_vaddr(std::uint64_t pfn) { return vmemmap + pfn * 64; }
    void page(std::uint64_t pfn, const Page& page) {
        const std::uint64_t at = page_paddr(pfn);
        u64(at, page.flags);
        u64(at + 8, page.compound);
        u64(at + 24, page.mapping);
        u64(at + 40, page.private_data);
        u32(at + 48, page.type);
        u32(at + 52, page.refcount);
    }
    // A compound page: `first` is its head, to which PG_head is added.
    void compound(std::uint64_t pfn, unsigned order, Page first, std::uint8_t destructor = 1) {
        first.flags |= head;
        page(pfn, first);
        for (std::uint64_t i = 1; i < std::uint64_t{1} << order; ++i)
            page(pfn + i, {.compound = page_vaddr(pfn) | 1, .refcount = 0});
        u8(page_paddr(pfn + 1) + 16, destructor);
        u8(page_paddr(pfn + 1) + 17, static_cast<std::uint8_t>(order));
    }
    // A block in the buddy system.
    void free_block(std::uint64_t pfn, unsigned order) {
        for (std::uint64_t i = 0; i < std::uint64_t{1} << order; ++i)
            page(pfn + i, {.refcount = 0});
        page(pfn, {.private_data = order, .type = buddy, .refcount = 0});
    }
    void lose(Range range) { memory_.subtract(range); }
    // As in a dump that was made without these pages.
    void leave_out(std::uint64_t begin, std::uint64_t end) {
        left_out_.add({begin, end});
        auto left = std::make_shared<PageSet>(pfns);
        left->insert(0, pfns);
        for (const Range& range : left_out_.ranges())
            left->erase(range.begin, range.end);
        present_ = std::move(left);
    }
    const PageSet* present() const override { return present_.get(); }

    std::string info =
        "OSRELEASE=6.1.0-test\nPAGESIZE=4096\n"
        "SYMBOL(swapper_pg_dir)=ffffffff81000000\nNUMBER(phys_base)=0\n"
        "NUMBER(pgtable_l5_enabled)=0\nSYMBOL(_stext)=ffffffff81000000\n"
        "SYMBOL(mem_section)=ffff888001010000\nLENGTH(mem_section)=2048\nSIZE(mem_section)=16\n"
        "OFFSET(mem_section.section_mem_map)=0\nNUMBER(SECTION_SIZE_BITS)=27\n"
        "NUMBER(MAX_PHYSMEM_BITS)=46\nSIZE(page)=64\nOFFSET(page.flags)=0\n"
        "OFFSET(page._refcount)=52\nOFFSET(page.mapping)=24\nOFFSET(page.lru)=8\n"
        "OFFSET(page._mapcount)=48\nOFFSET(page.private)=40\nOFFSET(page.compound_dtor)=16\n"
        "OFFSET(page.compound_order)=17\nOFFSET(page.compound_head)=8\n"
        "LENGTH(zone.free_area)=11\nNUMBER(PG_lru)=4\nNUMBER(PG_private)=13\n"
        "NUMBER(PG_swapcache)=10\nNUMBER(PG_swapbacked)=19\nNUMBER(PG_slab)=9\n"
        "NUMBER(PG_hwpoison)=22\nNUMBER(PG_head_mask)=65536\n"
        "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-129\nNUMBER(HUGETLB_PAGE_DTOR)=2\n"
        "NUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)=-257\nCRASHTIME=1795348306\n";

    // Takes lines with this key out of VMCOREINFO.
    void forget(const std::string& key) {
        const auto at = info.find(key + "=");
        if (at != std::string::npos)
            info.erase(at, info.find('\n', at) - at + 1);
    }

    const std::string& name() const override { return name_; }
    const RangeSet& memory() const override { return memory_; }
    bool truncated() const override { return false; }
    Bytes notes() const override { return {}; }
    const std::string& vmcoreinfo() const override { return info; }
    std::uint16_t elf_machine() const override { return machine; }
    std::unique_ptr<MemoryReader> reader() const override { return std::make_unique<Reader>(*this); }
    std::uint16_t machine = 62; // EM_X86_64

  private:
    class Reader final : public MemoryReader {
      public:
        explicit Reader(const Machine& machine) : machine_(machine) {}
        Result<Bytes> view(std::uint64_t paddr, std::size_t size) override {
            const auto end = checked_add(paddr, size);
            if (size == 0 || size > max_view || !end || !machine_.memory_.contains(Range{paddr, *end}))
                return fail(
                    make_error(ErrorKind::absent, "read", "the machine", fmt::format("0x{:x}", paddr)));
            if (machine_.present_ && machine_.present_->count(paddr / 4096, (*end + 4095) / 4096) !=
                                         (*end + 4095) / 4096 - paddr / 4096)
                return fail(make_error(ErrorKind::absent, "read", "the machine", "left out"));
            return Bytes(machine_.bytes_).subspan(paddr, size);
        }

      private:
        const Machine& machine_;
    };
    std::string name_ = "fabricated vmcore";
    std::vector<std::byte> bytes_;
    RangeSet memory_;
    RangeSet left_out_;
    std::shared_ptr<const PageSet> present_;
};

} // namespace kdumpkit::dump::test
