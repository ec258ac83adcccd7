// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "base/range.h"

#include <cstdint>
#include <memory>
#include <string>
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
    // Bytes of `memory()` that the file really has: smaller when it is truncated.
    [[nodiscard]] virtual bool truncated() const = 0;
    // The note section as it stands in the image (ELF notes: NT_PRSTATUS per CPU, VMCOREINFO).
    [[nodiscard]] virtual Bytes notes() const = 0;
    // The text of VMCOREINFO; empty when the image has none.
    [[nodiscard]] virtual const std::string& vmcoreinfo() const = 0;
    [[nodiscard]] virtual std::uint16_t elf_machine() const = 0; // EM_X86_64 and so on
    [[nodiscard]] virtual std::unique_ptr<MemoryReader> reader() const = 0;
    // What opening found suspicious and worked around, one sentence each, for people.
    [[nodiscard]] virtual std::vector<std::string> warnings() const { return {}; }
};

// Opens by probing the first bytes. A format that is known but not
// read here is `unsupported`, anything else `corrupt`, a folder or a pipe `invalid`.
Result<std::unique_ptr<Image>> open_image(const std::string& path);

} // namespace kdumpkit::dump
