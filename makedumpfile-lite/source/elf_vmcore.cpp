// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/source/elf_vmcore.h"

#include "makedumpfile-lite/format/partial_note.h"
#include "makedumpfile-lite/kernel/vmcoreinfo.h"
#include "makedumpfile-lite/source/elf_reader.h"
#include "makedumpfile-lite/source/extent_map.h"
#include "makedumpfile-lite/source/notes.h"
#include "makedumpfile-lite/source/program_headers.h"

#include <algorithm>
#include <optional>

#include <elf.h>
#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

// Intel SDM volume 3, 4.1.4: physical addresses have at most 52 bits; ARM64 with LPA2 has as many.
constexpr std::uint64_t highest_address = std::uint64_t{1} << 52;
constexpr std::uint64_t max_notes = std::uint64_t{64} << 20;
constexpr std::size_t max_warnings = 16;
// Bytes of memory that any file may promise, and for each of its bytes: 12 MiB of a vmcore of 12 TiB are
// enough.
constexpr std::uint64_t always_promised = std::uint64_t{1} << 40;
constexpr std::uint64_t promised_per_byte = std::uint64_t{1} << 20;
// The same of memory that reads as zero because a flattened file has no record of it.
constexpr std::uint64_t always_zero = std::uint64_t{4} << 30;
constexpr std::uint64_t zero_per_byte = 4096;
constexpr std::uint64_t max_steps = std::uint64_t{1} << 22; // of ExtentMap::claim, for all segments together
// Linux, Documentation/arch/x86/x86_64/mm.rst: the kernel image is mapped in the topmost 2 GiB.
constexpr std::uint64_t x86_64_kernel_map = 0xffffffff80000000;

class ElfVmcore final : public Image {
  public:
    ElfVmcore(std::unique_ptr<Content> file, const ElfOptions& options)
        : file_(std::move(file)), options_(options) {}

    Result<> read_headers();

    [[nodiscard]] const std::string& name() const override { return file_->name(); }
    [[nodiscard]] const RangeSet& memory() const override { return memory_; }
    [[nodiscard]] bool truncated() const override { return truncated_; }
    [[nodiscard]] Bytes notes() const override { return notes_; }
    [[nodiscard]] const std::string& vmcoreinfo() const override { return vmcoreinfo_; }
    [[nodiscard]] std::uint16_t elf_machine() const override { return machine_; }
    [[nodiscard]] const PageSet* present() const override { return present_ ? &*present_ : nullptr; }
    [[nodiscard]] std::vector<std::string> warnings() const override { return warnings_; }
    [[nodiscard]] std::uint64_t unreadable_pages() const override { return file_->unreadable_pages(); }
    [[nodiscard]] bool live() const override { return options_.live; }
    [[nodiscard]] bool flattened() const override { return file_->flattened(); }
    [[nodiscard]] std::string_view format() const override { return options_.live ? "kcore" : "elf"; }
    [[nodiscard]] std::vector<VirtualSegment> mappings() const override { return mappings_; }
    [[nodiscard]] std::unique_ptr<MemoryReader> reader() const override {
        return std::make_unique<ElfReader>(*file_, map_, memory_, options_.use_mmap);
    }

  private:
    [[nodiscard]] Error corrupt(std::uint64_t offset, std::string reason) const {
        return corrupt_elf(*file_, offset, std::move(reason));
    }
    void warn(std::string text) {
        if (warnings_.size() < max_warnings)
            warnings_.push_back(std::move(text));
    }
    Result<> read_program_header(const Elf64_Phdr& header, std::uint64_t at);
    Result<> read_notes(const Elf64_Phdr& header);
    [[nodiscard]] Result<> check_holes(std::uint64_t at) const;
    void find_partial_note();
    void find_vmcoreinfo();
    void find_missing();

    std::unique_ptr<Content> file_;
    ElfOptions options_;
    std::uint16_t machine_ = 0;
    ExtentMap map_;
    ExtentMap ram_; // without the kernel image; only while the headers are read
    RangeSet memory_;
    bool truncated_ = false;
    std::optional<PageSet> present_; // only of a truncated file
    std::uint64_t promised_end_ = 0;
    std::vector<std::byte> notes_;
    std::string vmcoreinfo_;
    std::uint64_t page_size_ = 4096;
    std::vector<std::string> warnings_;
    std::vector<VirtualSegment> mappings_;
};

Result<> ElfVmcore::read_headers() {
    KDK_ASSIGN(const ProgramHeaderTable table, find_program_headers(*file_));
    machine_ = table.machine;
    KDK_TRY(each_program_header(*file_, table, [this](const Elf64_Phdr& header, std::uint64_t at) {
        return read_program_header(header, at);
    }));
    map_.seal();
    ram_ = {};
    // Each byte of memory has a byte of the file to itself. Without this a small file could claim any amount.
    std::uint64_t claimed = 0;
    for (const Extent& extent : map_.extents())
        claimed += extent.end - extent.begin;
    if (promised_end_ <= file_->size() && claimed > file_->size())
        return fail(
            corrupt(table.offset, fmt::format("its program headers place {} bytes of memory in {} bytes",
                                              claimed, file_->size())));
    // A file that was cut off may promise more than it has; but a few pages of it promise no machine of
    // petabytes, and what is said about memory that is not there takes memory and place too.
    if (claimed > std::max(always_promised,
                           checked_mul(file_->stored_bytes(), promised_per_byte).value_or(~std::uint64_t{0})))
        return fail(corrupt(table.offset,
                            fmt::format("its program headers promise {} bytes of memory, and the file has {}",
                                        claimed, file_->stored_bytes())));
    KDK_TRY(check_holes(table.offset));
    find_partial_note();
    find_vmcoreinfo();
    memory_ = map_.pages(page_size_);
    if (memory_.empty())
        return fail(corrupt(table.offset, "the core holds no memory (no PT_LOAD with bytes in the file)"));
    if (promised_end_ > file_->size() || !file_->missing().empty()) {
        truncated_ = true;
        find_missing();
    }
    if (options_.live)
        warn(fmt::format("{} is the memory of the running kernel and changes while it is read: pages are "
                         "saved at different moments, so lists, counters and page tables in the dump may "
                         "contradict each other",
                         file_->name()));
    return {};
}

// A flattened file of a few KiB can describe any amount of zeros, and each page of them is a page to write.
Result<> ElfVmcore::check_holes(std::uint64_t at) const {
    if (!file_->flattened())
        return {};
    std::uint64_t described = 0;
    for (const Extent& extent : map_.extents())
        if (extent.offset < file_->size())
            described += std::min(extent.end - extent.begin, file_->size() - extent.offset);
    const std::uint64_t stored = file_->stored_bytes();
    if (described <= std::max(always_zero, checked_mul(stored, zero_per_byte).value_or(~std::uint64_t{0})))
        return {};
    return fail(
        make_error(ErrorKind::corrupt, "open", file_->name(),
                   fmt::format("it describes {} bytes of memory in {} bytes, as a damaged one does",
                               described, stored))
            .at(at)
            .then("send it again, whole; if it is of a machine full of zeros, make a file of it first: "
                  "makedumpfile-lite -R DUMP < FLATTENED")
            .from(ErrorSide::source));
}

void ElfVmcore::find_missing() {
    const std::uint64_t limit = memory_.ranges().back().end / page_size_;
    present_.emplace(limit);
    for (const Range& range : memory_.ranges())
        present_->insert(range.begin / page_size_, range.end / page_size_);
    for (const Extent& extent : map_.extents()) {
        const std::uint64_t has = extent.offset >= file_->size()
                                      ? 0
                                      : std::min(extent.end - extent.begin, file_->size() - extent.offset);
        // A page of which a part is missing is missing.
        if (extent.begin + has < extent.end)
            present_->erase((extent.begin + has) / page_size_, (extent.end - 1) / page_size_ + 1);
    }
    warn(fmt::format("{} is truncated{}{}: it has {} of {} bytes and {} of {} pages", file_->name(),
                     file_->missing().empty() ? "" : ", ", file_->missing(),
                     std::min(file_->size(), promised_end_), promised_end_, present_->count(),
                     memory_.total() / page_size_));
}

Result<> ElfVmcore::read_program_header(const Elf64_Phdr& header, std::uint64_t at) {
    if (header.p_type == PT_NOTE)
        return read_notes(header);
    if (header.p_type != PT_LOAD || header.p_filesz == 0)
        return {};
    const auto file_end = checked_add(header.p_offset, header.p_filesz);
    if (!file_end || *file_end > INT64_MAX)
        return fail(corrupt(at, "a PT_LOAD whose file offset and size overflow"));
    // Some producers mark segments without a physical address by -1; there is no way to place these.
    if (header.p_paddr == ~std::uint64_t{0}) {
        // In /proc/kcore these are vmalloc, vmemmap and the like: the same memory again, by other addresses.
        if (!options_.live)
            warn(fmt::format("{}: a PT_LOAD without a physical address is left out", file_->name()));
        return {};
    }
    const auto memory_end = checked_add(header.p_paddr, header.p_filesz);
    if (!memory_end || *memory_end > highest_address)
        return fail(corrupt(at, fmt::format("a PT_LOAD of 0x{:x} bytes at 0x{:x}, beyond 52 bits of address",
                                            header.p_filesz, header.p_paddr)));
    promised_end_ = std::max(promised_end_, *file_end);
    if (map_.steps() + ram_.steps() > max_steps)
        return fail(corrupt(at, "its program headers overlap each other thousands of times"));
    map_.claim({header.p_paddr, *memory_end, header.p_offset});
    if (header.p_vaddr != 0)
        mappings_.push_back({header.p_paddr, header.p_vaddr, header.p_filesz});
    // One overlap is right: the kernel image, once at its own virtual address and once as RAM.
    const bool kernel_image = machine_ == EM_X86_64 && header.p_vaddr >= x86_64_kernel_map;
    const std::uint64_t taken = kernel_image ? 0 : ram_.claim({header.p_paddr, *memory_end, header.p_offset});
    if (taken != 0)
        warn(
            fmt::format("{}: two PT_LOADs claim {} bytes of the same memory at 0x{:x}; the first one is used",
                        file_->name(), taken, header.p_paddr));
    return {};
}

Result<> ElfVmcore::read_notes(const Elf64_Phdr& header) {
    const auto end = checked_add(header.p_offset, header.p_filesz);
    if (!end || *end > file_->size()) {
        truncated_ = true;
        warn(fmt::format("{}: its notes reach beyond the end of the file and are not read", file_->name()));
        return {};
    }
    if (header.p_filesz > max_notes || notes_.size() + header.p_filesz > max_notes) {
        warn(fmt::format("{}: {} bytes of notes are not read", file_->name(), header.p_filesz));
        return {};
    }
    const std::size_t before = notes_.size();
    notes_.resize(before + static_cast<std::size_t>(header.p_filesz));
    return file_->read(header.p_offset, std::span(notes_).subspan(before));
}

// It is about this file, and is not handed on with the notes of the crashed machine.
void ElfVmcore::find_partial_note() {
    NoteWalk walk(notes_);
    std::size_t begin = 0;
    while (const auto note = walk.next()) {
        const std::string_view text = as_text(note->description);
        if (note->name == format::partial_note_name && note->type == format::partial_note_type &&
            text.starts_with(format::partial_note_text)) {
            truncated_ = true;
            const auto pages = VmcoreInfo::parse(std::string(text)).decimal("PAGES");
            warn(fmt::format(
                "{}: it says that it is incomplete: it was never finished, or made of a dump that was not "
                "whole{}",
                file_->name(), pages ? fmt::format("; {} pages were to be in it", *pages) : ""));
            notes_.erase(notes_.begin() + static_cast<std::ptrdiff_t>(begin),
                         notes_.begin() + static_cast<std::ptrdiff_t>(walk.position()));
            return;
        }
        begin = walk.position();
    }
}

void ElfVmcore::find_vmcoreinfo() {
    vmcoreinfo_ = vmcoreinfo_text(notes_);
    page_size_ = vmcoreinfo_page_size(vmcoreinfo_).value_or(page_size_); // only to round memory() outwards
    NoteWalk walk(notes_);
    while (walk.next()) {
    }
    if (walk.damaged())
        warn(fmt::format("{}: a damaged ELF note; those after it are not read", file_->name()));
}

} // namespace

Result<std::unique_ptr<Image>> open_elf_vmcore(std::unique_ptr<Content> content, const ElfOptions& options) {
    auto image = std::make_unique<ElfVmcore>(std::move(content), options);
    KDK_TRY(image->read_headers());
    return image;
}

} // namespace kdumpkit::dump
