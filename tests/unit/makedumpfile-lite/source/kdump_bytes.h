// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "tests/unit/makedumpfile-lite/fake_image.h"

#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include <lzo/lzo1x.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

namespace kdumpkit::dump::test {

// A kdump-compressed file put together by numbers from the format's description, with none of our structs: 16
// to 299 are memory, the even ones below 120 are in the file, each compressed in another way.
//   0 header | 4096 sub-header, notes, eraseinfo | 8192 bitmap | 12288 bitmap | 16384 descriptors | data
struct KdumpBytes {
    static constexpr std::uint64_t limit = 300, first = 16, saved_end = 120;
    static constexpr std::size_t sub = 4096, bitmap1 = 8192, bitmap2 = 12288, descriptors = 16384;
    std::vector<std::byte> bytes;
    std::uint64_t data = 0; // where page data begins
    std::string text = "OSRELEASE=6.1.0-test\nPAGESIZE=4096\n";

    explicit KdumpBytes(std::uint32_t version = 6) {
        bytes.resize(descriptors);
        put_text(0, "KDUMP   ");
        put32(8, version);
        put_text(12, "Linux");
        put_text(12 + 65, "host");
        put_text(12 + 2 * 65, "6.1.0-test");
        put_text(12 + 4 * 65, "x86_64");
        put64(408, 1700000000);
        put32(424, 1);    // status: zlib
        put32(428, 4096); // block size
        put32(432, 1);    // blocks of sub-header
        put32(436, 2);    // blocks of bitmaps
        put32(440, version >= 6 ? 7 : limit);
        put64(sub, 0x1000000); // phys_base
        put32(sub + 8, 31);
        std::vector<std::byte> notes;
        add_note(notes, "CORE", 1, std::string(336, 'r'));
        add_note(notes, "VMCOREINFO", 0, text);
        std::copy(notes.begin(), notes.end(), bytes.begin() + sub + 104);
        const std::size_t note_end = sub + 104 + notes.size();
        put64(sub + 32, note_end - (text.size() + 3) / 4 * 4); // VMCOREINFO
        put64(sub + 40, text.size());
        put64(sub + 48, sub + 104); // the notes
        put64(sub + 56, notes.size());
        put_text(note_end, "erase secret 16\n");
        put64(sub + 64, note_end); // eraseinfo
        put64(sub + 72, 16);
        if (version >= 6)
            put64(sub + 96, limit);
        for (std::uint64_t pfn = first; pfn < limit; ++pfn) {
            set_bit(bitmap1, pfn);
            if (is_saved(pfn))
                set_bit(bitmap2, pfn);
        }
        add_pages();
    }

    static bool is_saved(std::uint64_t pfn) { return pfn >= first && pfn < saved_end && pfn % 2 == 0; }
    static std::vector<std::byte> page(std::uint64_t pfn) { return FakeImage::page(pfn); }
    static std::size_t descriptor(std::uint64_t pfn) { return descriptors + (pfn - first) / 2 * 24; }

    void put_text(std::size_t at, std::string_view what) {
        std::memcpy(&bytes[at], what.data(), what.size());
    }
    void put32(std::size_t at, std::uint64_t value) { put(at, value, 4); }
    void put64(std::size_t at, std::uint64_t value) { put(at, value, 8); }
    void put(std::size_t at, std::uint64_t value, std::size_t width) {
        for (std::size_t i = 0; i < width; ++i)
            bytes[at + i] = static_cast<std::byte>(value >> (8 * i) & 0xff);
    }
    void set_bit(std::size_t bitmap, std::uint64_t pfn) {
        bytes[bitmap + pfn / 8] |= static_cast<std::byte>(1U << (pfn % 8));
    }
    // Not synced, as write_file_atomically does: there are thousands of these.
    void write(const std::string& path) const { write(path, bytes); }
    static void write(const std::string& path, const std::vector<std::byte>& what) {
        std::ofstream(path, std::ios::binary | std::ios::trunc)
            .write(reinterpret_cast<const char*>(what.data()), static_cast<std::streamsize>(what.size()));
    }

  private:
    // By turns stored, zlib, lzo, snappy, zstd; what does not shrink is stored.
    static std::pair<std::uint32_t, std::vector<std::byte>> packed(std::uint64_t pfn) {
        const auto plain = page(pfn);
        std::vector<std::byte> out(3 * plain.size());
        const auto* in = reinterpret_cast<const unsigned char*>(plain.data());
        auto* to = reinterpret_cast<unsigned char*>(out.data());
        std::size_t size = plain.size();
        const std::uint32_t flags[] = {0, 1, 2, 4, 32};
        const std::uint32_t flag = flags[pfn / 2 % 5];
        if (flag == 1) {
            uLongf length = out.size();
            compress2(to, &length, in, plain.size(), 1);
            size = length;
        } else if (flag == 2) {
            std::vector<std::max_align_t> work(LZO1X_1_MEM_COMPRESS / sizeof(std::max_align_t) + 1);
            lzo_uint length = out.size();
            lzo1x_1_compress(in, plain.size(), to, &length, work.data());
            size = length;
        } else if (flag == 4) {
            snappy::RawCompress(reinterpret_cast<const char*>(in), plain.size(), reinterpret_cast<char*>(to),
                                &size);
        } else if (flag == 32) {
            size = ZSTD_compress(to, out.size(), in, plain.size(), 1);
        }
        if (flag == 0 || size >= plain.size())
            return {0, plain};
        out.resize(size);
        return {flag, out};
    }
    void add_pages() {
        data = descriptors + (saved_end - first) / 2 * 24;
        bytes.resize(data);
        for (std::uint64_t pfn = first; pfn < saved_end; pfn += 2) {
            const auto [flags, stored] = packed(pfn);
            put64(descriptor(pfn), bytes.size());
            put32(descriptor(pfn) + 8, stored.size());
            put32(descriptor(pfn) + 12, flags);
            bytes.insert(bytes.end(), stored.begin(), stored.end());
        }
    }
};

} // namespace kdumpkit::dump::test
