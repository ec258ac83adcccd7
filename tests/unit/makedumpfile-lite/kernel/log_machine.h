// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "tests/unit/makedumpfile-lite/kernel/percpu_machine.h"

#include <string>

namespace kdumpkit::dump::test {

// A machine with everything: per-CPU lists, and a printk ring of 8 records and 256 bytes of text. Records are
// appended as the kernel would.
struct LogMachine : PerCpuMachine {
    static constexpr std::uint64_t symbol = values + 0x800, ring = 0x1601000, descriptors = 0x1602000,
                                   infos = 0x1603000, text = 0x1610000;
    static constexpr std::uint64_t committed = 1, finalized = 2, reusable = 3;
    std::uint64_t info_size;
    std::uint64_t next_id = 0xfffffffffffffff8 & ~(3ULL << 62); // ids wrap around in these tests
    std::uint64_t position = 0;
    std::uint64_t sequence = 41; // counts from boot; the ring holds the last ones

    explicit LogMachine(std::uint64_t size_of_info = 88)
        : PerCpuMachine(OffsetForm::unsigned_base), info_size(size_of_info) {
        info += "OFFSET(printk_ringbuffer.desc_ring)=0\nOFFSET(printk_ringbuffer.text_data_ring)=48\n"
                "OFFSET(prb_desc_ring.count_bits)=0\nOFFSET(prb_desc_ring.descs)=8\nOFFSET(prb_desc_ring."
                "infos)=16\n"
                "OFFSET(prb_desc_ring.head_id)=24\nOFFSET(prb_desc_ring.tail_id)=32\nSIZE(prb_desc)=24\n"
                "OFFSET(prb_desc.state_var)=0\nOFFSET(prb_desc.text_blk_lpos)=8\n"
                "OFFSET(prb_data_blk_lpos.begin)=0\nOFFSET(prb_data_blk_lpos.next)=8\n"
                "OFFSET(printk_info.seq)=0\nOFFSET(printk_info.ts_nsec)=8\nOFFSET(printk_info.text_len)=16\n"
                "OFFSET(prb_data_ring.size_bits)=0\nOFFSET(prb_data_ring.data)=8\nOFFSET(atomic_long_t."
                "counter)=0\n";
        info += fmt::format("SIZE(printk_info)={}\n", info_size);
        u64(symbol, image_vaddr + ring);
        u32(ring, 3);
        u64(ring + 8, direct_vaddr + descriptors);
        u64(ring + 16, direct_vaddr + infos);
        u32(ring + 48, 8);
        u64(ring + 56, direct_vaddr + text);
        u64(ring + 32, next_id);
    }
    void record(const std::string& line, std::uint64_t state = committed, std::uint64_t seconds = 1) {
        const std::uint64_t size = (8 + line.size() + 7) & ~7ULL;
        std::uint64_t begin = position;
        std::uint64_t start = begin % 256;
        std::uint64_t next = begin + size;
        if (start + size > 256) { // does not fit before the end: goes to the start, and the rest is left
            next = begin - start + 256 + size;
            start = 0;
        }
        u64(text + start, next_id);
        put(text + start + 8, as_bytes(line));
        place(begin, next, line.size(), state, seconds);
        position = next;
    }
    void place(std::uint64_t begin, std::uint64_t next, std::uint64_t length, std::uint64_t state = committed,
               std::uint64_t seconds = 1) {
        const std::uint64_t slot = next_id & 7;
        u64(descriptors + slot * 24, next_id | state << 62);
        u64(descriptors + slot * 24 + 8, begin);
        u64(descriptors + slot * 24 + 16, next);
        u64(infos + slot * info_size, sequence++);
        u64(infos + slot * info_size + 8, seconds * 1000000000 + 2345678);
        u32(infos + slot * info_size + 16, static_cast<std::uint32_t>(length));
        u64(ring + 24, next_id);
        next_id = (next_id + 1) & ~(3ULL << 62);
    }
    void oldest(std::uint64_t id) { u64(ring + 32, id & ~(3ULL << 62)); }
};

} // namespace kdumpkit::dump::test
