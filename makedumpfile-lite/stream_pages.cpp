// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/stream_pages.h"

#include <algorithm>
#include <cstring>

namespace kdumpkit::dump {

namespace {

// Work::input is the section, its zero bits and its frame, one behind the other.
class StreamPageReader final : public PageSource::Reader {
  public:
    StreamPageReader(std::size_t page_size, std::string name)
        : zero_page_(page_size), name_(std::move(name)) {}

    Result<> read(const PageSource::Work& work, const std::function<void(Bytes)>& page) override {
        std::memcpy(&part_.section, work.input.data(), sizeof(part_.section));
        const auto zeros = work.input.begin() + sizeof(part_.section);
        const auto frame = zeros + (part_.section.count + 7) / 8;
        part_.frame.assign(frame, work.input.end());
        KDK_TRY(unpack_stream_frame(part_, unpacked_, name_));
        Bytes left = unpacked_;
        for (std::uint32_t i = 0; i < part_.section.count; ++i) {
            if ((zeros[i / 8] >> (i % 8) & std::byte{1}) != std::byte{0}) {
                page(zero_page_);
            } else {
                page(left.first(zero_page_.size()));
                left = left.subspan(zero_page_.size());
            }
        }
        return {};
    }

  private:
    std::vector<std::byte> zero_page_;
    std::string name_;
    StreamPart part_;
    std::vector<std::byte> unpacked_;
};

} // namespace

Result<bool> StreamPages::next(Work& work, std::size_t most) {
    StreamPart part;
    KDK_ASSIGN(const bool more, reader_.next_pages(part));
    if (!more)
        return false;
    if (part.section.count > most)
        return fail(ErrorKind::invalid, "unpack", name_,
                    "its frames hold more pages than a block has room for");
    work.pfns.clear();
    for (std::uint32_t i = 0; i < part.section.count;) {
        const auto begin = reader_.kept().next(cursor_);
        if (!begin)
            break; // next_pages() counts: there are as many
        cursor_ = std::min(reader_.kept().end_of_run(*begin), *begin + (part.section.count - i));
        work.pfns.push_back({*begin, cursor_});
        i += static_cast<std::uint32_t>(cursor_ - *begin);
    }
    const Bytes section = bytes_of(part.section);
    work.input.assign(section.begin(), section.end());
    work.input.insert(work.input.end(), part.zeros.begin(), part.zeros.end());
    work.input.insert(work.input.end(), part.frame.begin(), part.frame.end());
    return true;
}

std::unique_ptr<PageSource::Reader> StreamPages::reader() const {
    return std::make_unique<StreamPageReader>(static_cast<std::size_t>(reader_.facts().page_size), name_);
}

} // namespace kdumpkit::dump
