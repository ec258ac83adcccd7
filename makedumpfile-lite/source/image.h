// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "base/range.h"
#include "makedumpfile-lite/page_set.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::dump {

// Reads physical memory for one thread. A view is valid until the next call on the same reader.
class MemoryReader {
  public:
    virtual ~MemoryReader() = default;
    // `size` bytes at physical address `paddr`; at most max_view bytes (more is `invalid`). A range that the
    // image does not hold in full is `absent`, bytes that the image promises but cannot deliver (truncated
    // file) are `corrupt`; both are ErrorSide::source.
    static constexpr std::size_t max_view = std::size_t{1} << 20;
    virtual Result<Bytes> view(std::uint64_t paddr, std::size_t size) = 0;
    // Where the file has the page at `paddr`, in bytes of it; nullopt when it has not, or not in one place.
    virtual std::optional<Range> stored_at(std::uint64_t paddr) {
        (void)paddr;
        return std::nullopt;
    }
};

// What the header of a dump says beside its memory and its notes.
struct DumpHeader {
    std::string sysname, nodename, release, version, machine, domainname; // uname(2); may be empty
    std::uint64_t page_size = 0;                                          // bytes
    std::uint64_t phys_base = 0;                                          // bytes
    std::uint64_t crash_time = 0; // seconds since 1970, 0 when unknown
    unsigned level = 0;           // dump level of makedumpfile's -d; what it was filtered with
    int version_number = 0;       // of the header, or of the stream format
    std::uint32_t status = 0;     // format::status_…: how pages are compressed, incomplete
    Bytes eraseinfo;              // what --config erased, a line each; lives as long as the image
};

// Memory at [paddr, paddr + size) that the crashed kernel saw at `vaddr` (bytes).
struct VirtualSegment {
    std::uint64_t paddr = 0, vaddr = 0, size = 0;
};

// A crash image, whatever its format: the physical memory that it holds, its ELF notes and VMCOREINFO.
// Immutable after opening, so any number of threads may use it, each with a reader of its own.
class Image {
  public:
    virtual ~Image() = default;
    [[nodiscard]] virtual const std::string& name() const = 0;
    // Physical addresses (bytes) that the image claims to hold, in whole pages: where a segment ends inside a
    // page, the rest of that page reads as zero. The kernel text alias is not in here twice.
    [[nodiscard]] virtual const RangeSet& memory() const = 0;
    // Pages that the image promises are missing: it was cut off, or is a dump that was never finished.
    // What is there can be read.
    [[nodiscard]] virtual bool truncated() const = 0;
    // Which pfns of memory() can be read: nullptr when all can. A dump that was filtered before holds fewer,
    // a truncated one too; to read another page is `absent` (never written) or `corrupt` (cut off).
    [[nodiscard]] virtual const PageSet* present() const { return nullptr; }
    // Which pfns of memory() the image says it has, arrived or not: nullptr when all.
    [[nodiscard]] virtual const PageSet* promised() const { return nullptr; }
    // One file of a split dump: the pfns that are its share. The rest of the dump is in other files.
    [[nodiscard]] virtual std::optional<Range> part() const { return std::nullopt; }
    // Only an image that is a dump already has one.
    [[nodiscard]] virtual const DumpHeader* header() const { return nullptr; }
    // The note section as it stands in the image (ELF notes: NT_PRSTATUS per CPU, VMCOREINFO).
    [[nodiscard]] virtual Bytes notes() const = 0;
    // The text of VMCOREINFO; empty when the image has none.
    [[nodiscard]] virtual const std::string& vmcoreinfo() const = 0;
    [[nodiscard]] virtual std::uint16_t elf_machine() const = 0; // EM_X86_64 and so on
    [[nodiscard]] virtual std::unique_ptr<MemoryReader> reader() const = 0;
    // Where the image says that the kernel saw this memory, in its own order; empty when it does not say.
    [[nodiscard]] virtual std::vector<VirtualSegment> mappings() const { return {}; }
    // What opening found suspicious and worked around, one sentence each, for people.
    [[nodiscard]] virtual std::vector<std::string> warnings() const { return {}; }
    // The memory of the running kernel (/proc/kcore): it changes while it is read.
    [[nodiscard]] virtual bool live() const { return false; }
    // Pages of 4096 bytes so far that the running kernel would not show; they read as zero.
    [[nodiscard]] virtual std::uint64_t unreadable_pages() const { return 0; }
    // "elf", "kcore", "kdump-compressed" or "stream"; flattened or not.
    [[nodiscard]] virtual std::string_view format() const { return "elf"; }
    [[nodiscard]] virtual bool flattened() const { return false; }
};

// Opens by probing the first bytes. A format that is known but not
// read here is `unsupported`, anything else `corrupt`, a folder or a pipe `invalid`.
Result<std::unique_ptr<Image>> open_image(const std::string& path);

} // namespace kdumpkit::dump
