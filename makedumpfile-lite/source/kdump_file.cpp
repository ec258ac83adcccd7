// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/source/kdump_file.h"

#include "makedumpfile-lite/source/described_memory.h"
#include "makedumpfile-lite/source/kdump_reader.h"
#include "makedumpfile-lite/source/notes.h"

#include <algorithm>
#include <optional>

#include <elf.h>
#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

constexpr std::uint64_t max_notes = std::uint64_t{64} << 20;
constexpr std::uint64_t max_vmcoreinfo = std::uint64_t{1} << 20;

class KdumpFile final : public Image {
  public:
    explicit KdumpFile(std::unique_ptr<Content> content) { file_.content = std::move(content); }

    Result<> read_headers();

    [[nodiscard]] const std::string& name() const override { return file_.content->name(); }
    [[nodiscard]] const RangeSet& memory() const override { return file_.memory; }
    [[nodiscard]] bool truncated() const override { return truncated_; }
    [[nodiscard]] const PageSet* present() const override { return &file_.present(); }
    [[nodiscard]] const PageSet* promised() const override { return &file_.described; }
    [[nodiscard]] const DumpHeader* header() const override { return &file_.headers.facts; }
    [[nodiscard]] std::optional<Range> part() const override {
        return file_.headers.split ? std::optional(file_.headers.split_pfns) : std::nullopt;
    }
    [[nodiscard]] Bytes notes() const override { return notes_; }
    [[nodiscard]] const std::string& vmcoreinfo() const override { return vmcoreinfo_; }
    [[nodiscard]] std::uint16_t elf_machine() const override { return file_.headers.elf_machine; }
    [[nodiscard]] std::vector<std::string> warnings() const override { return warnings_; }
    [[nodiscard]] bool flattened() const override { return file_.content->flattened(); }
    [[nodiscard]] std::string_view format() const override { return "kdump-compressed"; }
    [[nodiscard]] std::unique_ptr<MemoryReader> reader() const override {
        return std::make_unique<KdumpReader>(file_);
    }

  private:
    void warn(std::string text) { warnings_.push_back(fmt::format("{}: {}", name(), text)); }
    Result<> read_memory();
    Result<> find_missing();
    Result<std::vector<std::byte>> part(const Range& range, std::uint64_t limit, const char* what);
    Result<> read_texts();

    KdumpPages file_;
    bool truncated_ = false;
    std::vector<std::byte> notes_;
    std::vector<std::byte> eraseinfo_;
    std::string vmcoreinfo_;
    std::vector<std::string> warnings_;
};

Result<> KdumpFile::read_headers() {
    const Content& content = *file_.content;
    std::vector<std::byte> head(std::min<std::uint64_t>(content.size(), kdump_headers_size));
    KDK_TRY(content.read(0, head));
    KDK_ASSIGN(file_.headers, parse_kdump_headers(head, name()));
    KDK_TRY(read_texts());
    KDK_TRY(read_memory());
    return find_missing();
}

Result<> KdumpFile::read_memory() {
    const KdumpHeaders& headers = file_.headers;
    const std::uint64_t page_size = headers.facts.page_size;
    KDK_ASSIGN(PageSet memory, read_kdump_bitmap(*file_.content, headers, headers.first_bitmap));
    KDK_ASSIGN(file_.described, read_described_pages(*file_.content, headers));
    file_.index.emplace(file_.described);
    std::uint64_t only_second = 0;
    for (auto pfn = file_.described.next(0); pfn; pfn = file_.described.next(*pfn)) {
        const std::uint64_t end = file_.described.end_of_run(*pfn);
        only_second += end - *pfn - memory.count(*pfn, end);
        memory.insert(*pfn, end);
        *pfn = end;
    }
    if (only_second != 0)
        warn(fmt::format("its bitmaps disagree: {} pages are in the second one alone", only_second));
    KDK_ASSIGN(file_.memory, described_memory(memory, page_size, name()));
    return {};
}

// A finished dump of full length has all pages of its second bitmap; only another one is walked through.
Result<> KdumpFile::find_missing() {
    const KdumpHeaders& headers = file_.headers;
    const Content& content = *file_.content;
    const std::uint64_t pages = file_.index->count();
    const std::uint64_t descriptors_end = headers.descriptors + pages * sizeof(format::PageDescriptor);
    bool complete = !headers.incomplete && content.missing().empty() && descriptors_end <= content.size();
    if (complete && pages != 0) {
        // Data is written in the order of the pfns: that of the last page is the last of the file, or it is
        // one of the zero pages. A cut that this does not see is found when the page is read.
        std::uint64_t end = 0;
        const std::uint64_t tail = std::min<std::uint64_t>(pages, 4096);
        std::vector<format::PageDescriptor> last(tail);
        KDK_TRY(content.read(descriptors_end - tail * sizeof(format::PageDescriptor),
                             std::as_writable_bytes(std::span(last))));
        for (const format::PageDescriptor& descriptor : last)
            end = std::max(end, checked_add(descriptor.offset, descriptor.size).value_or(0));
        complete = end <= content.size();
    }
    if (complete)
        return {};
    KDK_ASSIGN(PageSet arrived, read_described_pages(content, headers));
    std::uint64_t lost = 0;
    KDK_TRY(for_each_descriptor(content, headers, file_.described,
                                [&](std::uint64_t pfn, const format::PageDescriptor* descriptor) -> Result<> {
                                    if (descriptor == nullptr ||
                                        !is_stored(*descriptor, headers.facts.page_size, content.size())) {
                                        arrived.erase(pfn, pfn + 1);
                                        ++lost;
                                    }
                                    return {};
                                }));
    const std::string why = !content.missing().empty() ? content.missing()
                            : headers.incomplete       ? "the dump was never finished"
                                                       : "the file is truncated";
    warn(lost == 0 ? fmt::format("{}, but all of its {} pages are there", why, pages)
                   : fmt::format("{}: {} of its {} pages are missing", why, lost, pages));
    // Nothing tells an unfinished dump that has all it should from one of an image that lacked pages.
    truncated_ = true;
    if (lost != 0)
        file_.arrived = std::move(arrived);
    return {};
}

// Notes are worth having, but no reason to give up a dump.
Result<std::vector<std::byte>> KdumpFile::part(const Range& range, std::uint64_t limit, const char* what) {
    if (range.empty())
        return std::vector<std::byte>();
    if (range.size() > limit || range.end > file_.content->size()) {
        warn(fmt::format("{} ({} bytes at 0x{:x}) {} and are not read", what, range.size(), range.begin,
                         range.size() > limit ? "are too many" : "reach beyond the end of the file"));
        return std::vector<std::byte>();
    }
    std::vector<std::byte> bytes(range.size());
    KDK_TRY(file_.content->read(range.begin, bytes));
    return bytes;
}

Result<> KdumpFile::read_texts() {
    KdumpHeaders& headers = file_.headers;
    KDK_ASSIGN(notes_, part(headers.notes, max_notes, "its notes"));
    KDK_ASSIGN(eraseinfo_, part(headers.eraseinfo, max_notes, "its eraseinfo"));
    headers.facts.eraseinfo = eraseinfo_;
    KDK_ASSIGN(const auto text, part(headers.vmcoreinfo, max_vmcoreinfo, "its VMCOREINFO"));
    vmcoreinfo_ = as_text(Bytes(text)).substr(0, as_text(Bytes(text)).find('\0'));
    if (vmcoreinfo_.empty())
        vmcoreinfo_ = vmcoreinfo_text(notes_);
    const auto page_size = vmcoreinfo_page_size(vmcoreinfo_);
    if (page_size && *page_size != headers.facts.page_size)
        return fail(make_error(ErrorKind::corrupt, "open", name(),
                               fmt::format("its header says pages of {} bytes, its VMCOREINFO {}",
                                           headers.facts.page_size, *page_size))
                        .from(ErrorSide::source));
    return {};
}

} // namespace

Result<std::unique_ptr<Image>> open_kdump_file(std::unique_ptr<Content> content) {
    auto image = std::make_unique<KdumpFile>(std::move(content));
    KDK_TRY(image->read_headers());
    return image;
}

} // namespace kdumpkit::dump
