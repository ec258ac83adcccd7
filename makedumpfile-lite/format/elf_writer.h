// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "base/range.h"
#include "makedumpfile-lite/format/destination.h"
#include "makedumpfile-lite/format/dump_writer.h"
#include "makedumpfile-lite/format/elf_plan.h"
#include "makedumpfile-lite/source/image.h"

#include <cstdint>
#include <string>
#include <vector>

#include <elf.h>

namespace kdumpkit::dump::format {

struct ElfFacts {
    std::uint16_t machine = EM_X86_64;
    std::uint64_t page_size = 4096;       // bytes
    Bytes notes;                          // must outlive the writer's begin()
    std::string vmcoreinfo;               // added as a note when the notes do not hold it; may be empty
    std::string eraseinfo;                // added as a note, as makedumpfile does; may be empty
    std::vector<VirtualSegment> mappings; // where the source maps its memory
};

// For a source that names no virtual addresses: where x86-64 maps the kernel's image, by VMCOREINFO and
// phys_base (Linux, arch/x86/include/asm/page_64.h, __phys_addr_nodebug). Without it nobody finds the page
// tables. Empty when VMCOREINFO does not say.
std::vector<VirtualSegment> image_mapping(const std::string& vmcoreinfo);

// Writes an ELF core of whole pages. The kernel image's mapping gets a PT_LOAD of its own that names the same
// bytes of the file as the memory itself. Pages filled with zero (blocks with shared zero pages) become holes
// of the file. Until finish() a note says that the core is incomplete (partial_note.h), and the program
// headers promise what will come; abandon() makes them promise what came, and what did not come is no memory
// of the core: it does not read as zero.
class ElfWriter final : public DumpWriter {
  public:
    // Headers and notes. `destination` must be sparse() and outlive the writer.
    static Result<ElfWriter> begin(Destination& destination, const ElfFacts& facts, const ElfPlan& plan);
    Result<> append(const PageBlock& block) override;
    Result<> finish() override;
    Result<> finish_partial() override;
    Result<> abandon() override;
    [[nodiscard]] std::uint64_t pages_written() const override { return written_; }
    // Bytes before the first page, and with all pages.
    [[nodiscard]] std::uint64_t data_offset() const { return data_; }
    [[nodiscard]] std::uint64_t planned_size() const { return data_ + expected_ * page_size_; }

  private:
    ElfWriter(Destination& destination, std::uint64_t page_size)
        : destination_(&destination), page_size_(page_size) {}
    void plan_loads(const ElfFacts& facts, const ElfPlan& plan);
    [[nodiscard]] std::uint64_t headers_size() const;
    Result<> write_headers();
    Result<> write_zero_end();

    Destination* destination_;
    std::uint64_t page_size_;
    Elf64_Phdr note_{};
    Range partial_note_; // in the file
    std::vector<Elf64_Phdr> loads_;
    std::uint16_t machine_ = EM_NONE;
    std::uint64_t data_ = 0;
    std::uint64_t expected_ = 0; // pages
    std::uint64_t written_ = 0;  // pages
};

} // namespace kdumpkit::dump::format
