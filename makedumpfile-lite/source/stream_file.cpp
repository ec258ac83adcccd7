// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/source/stream_file.h"

#include "makedumpfile-lite/source/described_memory.h"
#include "makedumpfile-lite/source/machine.h"
#include "makedumpfile-lite/source/sequential_input.h"
#include "makedumpfile-lite/source/stream_frames.h"
#include "makedumpfile-lite/source/stream_reader.h"

#include <optional>

#include <elf.h>
#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

// A frame is unpacked as a whole for each of its pages: no larger ones than this are read in any order.
constexpr std::uint64_t largest_frame = std::uint64_t{16} << 20;

class StreamFile final : public Image {
  public:
    explicit StreamFile(std::unique_ptr<Content> content)
        : content_(std::move(content)), input_(*content_), head_(input_) {}

    Result<> open();

    [[nodiscard]] const std::string& name() const override { return content_->name(); }
    [[nodiscard]] const RangeSet& memory() const override { return memory_; }
    [[nodiscard]] bool truncated() const override { return truncated_; }
    [[nodiscard]] const PageSet* present() const override { return arrived_ ? &*arrived_ : &head_.kept(); }
    [[nodiscard]] const PageSet* promised() const override { return &head_.kept(); }
    [[nodiscard]] const DumpHeader* header() const override { return &header_; }
    [[nodiscard]] Bytes notes() const override { return head_.notes(); }
    [[nodiscard]] const std::string& vmcoreinfo() const override { return head_.vmcoreinfo(); }
    [[nodiscard]] std::uint16_t elf_machine() const override { return elf_machine_; }
    [[nodiscard]] std::vector<std::string> warnings() const override { return warnings_; }
    [[nodiscard]] bool flattened() const override { return content_->flattened(); }
    [[nodiscard]] std::string_view format() const override { return "stream"; }
    [[nodiscard]] std::unique_ptr<MemoryReader> reader() const override {
        return std::make_unique<StreamFrameReader>(*frames_);
    }

  private:
    void warn(std::string text) { warnings_.push_back(fmt::format("{}: {}", name(), text)); }
    Result<> take_header();
    void find_missing();

    std::unique_ptr<Content> content_;
    SequentialInput input_;
    StreamReader head_;
    DumpHeader header_;
    RangeSet memory_;
    std::uint16_t elf_machine_ = EM_NONE;
    std::optional<KdumpIndex> numbers_;
    std::optional<StreamFrames> frames_;
    std::optional<PageSet> arrived_; // of the kept pages, when some did not
    bool truncated_ = false;
    std::vector<std::string> warnings_;
};

Result<> StreamFile::open() {
    KDK_TRY(head_.read_head());
    KDK_TRY(take_header());
    KDK_ASSIGN(memory_, described_memory(head_.memory(), header_.page_size, name()));
    numbers_.emplace(head_.kept());
    KDK_ASSIGN(StreamIndex index, StreamIndex::build(*content_, head_.facts()));
    frames_.emplace(
        StreamFrames{*content_, head_.facts(), memory_, head_.kept(), *numbers_, std::move(index)});
    find_missing();
    return {};
}

Result<> StreamFile::take_header() {
    const format::KdumpFacts facts = head_.kdump_facts();
    const Utsname& names = facts.utsname;
    header_.sysname = names.sysname;
    header_.nodename = names.nodename;
    header_.release = names.release;
    header_.version = names.version;
    header_.machine = names.machine;
    header_.domainname = names.domainname;
    header_.page_size = facts.page_size;
    header_.phys_base = facts.phys_base;
    header_.crash_time = facts.crash_time;
    header_.level = facts.level;
    header_.version_number = static_cast<int>(format::stream_version);
    header_.status = format::status_zstd;
    header_.eraseinfo = as_bytes(head_.eraseinfo());
    const Machine* machine = machine_named(header_.machine);
    elf_machine_ = machine != nullptr ? machine->elf : std::uint16_t{EM_NONE};
    if (head_.facts().frame_pages * facts.page_size > largest_frame)
        return fail(make_error(ErrorKind::unsupported, "open", name(),
                               fmt::format("its frames hold {} pages of {} bytes, too much to unpack for one",
                                           head_.facts().frame_pages, facts.page_size))
                        .then("make a dump of it first: makedumpfile-lite -R DUMPFILE < STREAM")
                        .from(ErrorSide::source));
    return {};
}

void StreamFile::find_missing() {
    const StreamIndex& index = frames_->index;
    const PageSet& kept = head_.kept();
    PageSet arrived(kept.limit());
    auto part = index.pages().begin();
    std::uint64_t number = 0; // of the page at `pfn`
    for (auto pfn = kept.next(0); pfn && part != index.pages().end(); pfn = kept.next(*pfn)) {
        const std::uint64_t end = kept.end_of_run(*pfn);
        while (*pfn < end && part != index.pages().end()) {
            const std::uint64_t skipped = std::min(end - *pfn, part->begin - std::min(part->begin, number));
            *pfn += skipped;
            number += skipped;
            const std::uint64_t taken = std::min(end - *pfn, part->end - std::min(part->end, number));
            arrived.insert(*pfn, *pfn + taken);
            *pfn += taken;
            number += taken;
            if (number == part->end)
                ++part;
        }
        *pfn = end;
    }
    const std::uint64_t pages = head_.facts().kept_pages;
    const std::uint64_t lost = pages - arrived.count();
    if (index.damaged_bytes() != 0)
        warn(fmt::format("{} bytes of it are no whole section, and were passed over", index.damaged_bytes()));
    if (!content_->missing().empty())
        warn(content_->missing());
    if (index.partial())
        warn("it says that it is incomplete: it was made of a dump that was not whole");
    if (!index.ended() || lost != 0)
        warn(lost == 0 ? fmt::format("it ends early, but all of its {} pages are there", pages)
                       : fmt::format("{}: {} of its {} pages are missing",
                                     index.ended() ? "it is damaged" : "it is cut off", lost, pages));
    // What was passed over may have said that the stream is partial.
    truncated_ = index.partial() || !index.ended() || index.damaged_bytes() != 0 || lost != 0 ||
                 !content_->missing().empty();
    if (lost != 0)
        arrived_ = std::move(arrived);
}

} // namespace

Result<std::unique_ptr<Image>> open_stream_file(std::unique_ptr<Content> content) {
    auto image = std::make_unique<StreamFile>(std::move(content));
    KDK_TRY(image->open());
    return image;
}

} // namespace kdumpkit::dump
