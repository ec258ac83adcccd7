// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/source/kdump_file.h"

#include "makedumpfile-lite/decompressor.h"
#include "makedumpfile-lite/source/file_window.h"
#include "makedumpfile-lite/source/kdump_index.h"
#include "makedumpfile-lite/source/notes.h"

#include <algorithm>
#include <optional>

#include <elf.h>
#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

constexpr std::uint64_t max_notes = std::uint64_t{64} << 20;
constexpr std::uint64_t max_vmcoreinfo = std::uint64_t{1} << 20;
// Pieces of memory that the first bitmap may describe: a hostile one has a piece for every other page, and
// each costs 16 bytes. Real machines have a few hundred.
constexpr std::size_t max_pieces = std::size_t{1} << 20;
constexpr std::size_t cached_bytes = std::size_t{256} << 10;
constexpr std::size_t fewest_cached = 4;

struct File {
    std::unique_ptr<Content> content;
    KdumpHeaders headers;
    PageSet described{0}; // the second bitmap
    std::optional<KdumpIndex> index;
    std::optional<PageSet> arrived; // of those, when some did not
    [[nodiscard]] const PageSet& present() const { return arrived ? *arrived : described; }
};

class KdumpReader final : public MemoryReader {
  public:
    KdumpReader(const File& file, const RangeSet& memory)
        : file_(file), memory_(memory), page_size_(file.headers.facts.page_size), window_(*file.content),
          slots_(std::max<std::size_t>(cached_bytes / page_size_, fewest_cached)) {}

    Result<Bytes> view(std::uint64_t paddr, std::size_t size) override {
        if (size == 0 || size > max_view)
            return fail(at(paddr, ErrorKind::invalid, fmt::format("a view of {} bytes", size)));
        const auto end = checked_add(paddr, size);
        if (!end)
            return fail(at(paddr, ErrorKind::absent, "the image does not hold this memory"));
        const std::uint64_t first = paddr / page_size_;
        const std::uint64_t last = (*end - 1) / page_size_;
        if (first == last) {
            KDK_ASSIGN(const Bytes page, cached(first));
            return page.subspan(paddr % page_size_, size);
        }
        scratch_.resize(size);
        for (std::uint64_t pfn = first; pfn <= last; ++pfn) {
            const std::uint64_t begin = std::max(paddr, pfn * page_size_);
            const std::uint64_t stop = std::min(*end, (pfn + 1) * page_size_);
            const auto out = std::span(scratch_).subspan(begin - paddr, stop - begin);
            if (out.size() == page_size_) {
                KDK_TRY(load(pfn, out));
                continue;
            }
            KDK_ASSIGN(const Bytes page, cached(pfn));
            const Bytes part = page.subspan(begin % page_size_, out.size());
            std::copy(part.begin(), part.end(), out.begin());
        }
        return Bytes(scratch_);
    }

    std::optional<Range> stored_at(std::uint64_t paddr) override {
        const std::uint64_t pfn = paddr / page_size_;
        if (!file_.described.contains(pfn))
            return std::nullopt;
        const auto d = descriptor_of(pfn);
        return d ? std::optional(Range{d->offset, d->offset + d->size}) : std::nullopt;
    }

  private:
    struct Slot {
        std::uint64_t pfn = ~std::uint64_t{0};
        std::uint64_t used = 0;
        std::vector<std::byte> page;
    };

    [[nodiscard]] Error at(std::uint64_t paddr, ErrorKind kind, std::string reason) const {
        return make_error(kind, fmt::format("read physical memory 0x{:x} of", paddr), file_.content->name(),
                          std::move(reason))
            .from(ErrorSide::source);
    }
    [[nodiscard]] Error damaged(std::uint64_t pfn, std::uint64_t offset, std::string reason) const {
        return at(pfn * page_size_, ErrorKind::corrupt, std::move(reason)).at(offset);
    }

    Result<Bytes> cached(std::uint64_t pfn) {
        Slot* oldest = &slots_[0];
        for (Slot& slot : slots_) {
            if (slot.pfn == pfn) {
                slot.used = ++clock_;
                return Bytes(slot.page);
            }
            if (slot.used < oldest->used)
                oldest = &slot;
        }
        oldest->pfn = ~std::uint64_t{0};
        oldest->page.resize(page_size_);
        KDK_TRY(load(pfn, oldest->page));
        oldest->pfn = pfn;
        oldest->used = ++clock_;
        return Bytes(oldest->page);
    }

    // Pages are mostly asked for in order: counting goes on from the last one.
    std::uint64_t number_of(std::uint64_t pfn) {
        if (pfn < last_pfn_ || pfn - last_pfn_ > PageSet::chunk_pages)
            last_number_ = file_.index->number_of(pfn);
        else
            last_number_ += file_.described.count(last_pfn_, pfn);
        last_pfn_ = pfn;
        return last_number_;
    }

    Result<format::PageDescriptor> descriptor_of(std::uint64_t pfn) {
        const std::uint64_t paddr = pfn * page_size_;
        if (!file_.described.contains(pfn))
            return fail(at(paddr, ErrorKind::absent,
                           memory_.contains(paddr) ? "this page was left out when the dump was made"
                                                   : "the image does not hold this memory"));
        const std::uint64_t where =
            file_.headers.descriptors + number_of(pfn) * sizeof(format::PageDescriptor);
        if (!file_.present().contains(pfn))
            return fail(at(paddr, ErrorKind::corrupt,
                           "the dump was never finished or is cut off, and does not have this page")
                            .at(where));
        format::PageDescriptor descriptor{};
        if (where > file_.content->size() || file_.content->size() - where < sizeof(descriptor))
            return fail(damaged(pfn, where, "the file ends before the page's descriptor"));
        {
            KDK_ASSIGN(const Bytes bytes, window_.view(where, sizeof(descriptor)));
            descriptor = *ByteReader(bytes).raw<format::PageDescriptor>(0);
        }
        if (!is_stored(descriptor, page_size_, file_.content->size()) ||
            descriptor.offset < file_.headers.descriptors)
            return fail(damaged(pfn, where,
                                fmt::format("its descriptor names {} bytes at 0x{:x} of a file of {} bytes",
                                            descriptor.size, descriptor.offset, file_.content->size())));
        return descriptor;
    }

    Result<> load(std::uint64_t pfn, std::span<std::byte> out) {
        KDK_ASSIGN(const format::PageDescriptor descriptor, descriptor_of(pfn));
        KDK_ASSIGN(const Bytes stored, window_.view(descriptor.offset, descriptor.size));
        if (auto done = decompressor_.decompress(descriptor.flags, stored, out); !done)
            return fail(damaged(pfn, descriptor.offset, std::move(done.error().reason)));
        return {};
    }

    const File& file_;
    const RangeSet& memory_;
    std::uint64_t page_size_;
    FileWindow window_;
    Decompressor decompressor_;
    std::vector<Slot> slots_;
    std::uint64_t clock_ = 0;
    std::uint64_t last_pfn_ = 0;
    std::uint64_t last_number_ = 0;
    std::vector<std::byte> scratch_;
};

class KdumpFile final : public Image {
  public:
    explicit KdumpFile(std::unique_ptr<Content> content) { file_.content = std::move(content); }

    Result<> read_headers();

    [[nodiscard]] const std::string& name() const override { return file_.content->name(); }
    [[nodiscard]] const RangeSet& memory() const override { return memory_; }
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
        return std::make_unique<KdumpReader>(file_, memory_);
    }

  private:
    void warn(std::string text) { warnings_.push_back(fmt::format("{}: {}", name(), text)); }
    Result<> read_memory();
    Result<> find_missing();
    Result<std::vector<std::byte>> part(const Range& range, std::uint64_t limit, const char* what);
    Result<> read_texts();

    File file_;
    RangeSet memory_;
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
    for (auto pfn = memory.next(0); pfn; pfn = memory.next(*pfn)) {
        const std::uint64_t end = memory.end_of_run(*pfn);
        if (memory_.ranges().size() == max_pieces)
            return fail(make_error(ErrorKind::unsupported, "open", name(),
                                   fmt::format("its first bitmap has memory in more than {} pieces; it is "
                                               "probably damaged",
                                               max_pieces))
                            .from(ErrorSide::source));
        memory_.add({*pfn * page_size, end * page_size});
        *pfn = end;
    }
    if (memory_.empty())
        return fail(make_error(ErrorKind::corrupt, "open", name(), "its bitmaps name no page")
                        .at(headers.first_bitmap)
                        .then("copy the dump again, whole")
                        .from(ErrorSide::source));
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
