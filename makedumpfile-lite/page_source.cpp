// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/page_source.h"

#include <algorithm>

namespace kdumpkit::dump {

namespace {

class ImageReader final : public PageSource::Reader {
  public:
    ImageReader(std::unique_ptr<MemoryReader> memory, std::size_t page_size)
        : memory_(std::move(memory)), page_size_(page_size) {}

    Result<> read(const PageSource::Work& work, const std::function<void(Bytes)>& page) override {
        const std::size_t most = MemoryReader::max_view / page_size_;
        for (const Range& run : work.pfns) {
            for (std::uint64_t pfn = run.begin; pfn < run.end;) {
                const std::uint64_t count = std::min<std::uint64_t>(run.end - pfn, most);
                KDK_ASSIGN(Bytes view, memory_->view(pfn * page_size_, count * page_size_));
                for (; !view.empty(); view = view.subspan(page_size_))
                    page(view.first(page_size_));
                pfn += count;
            }
        }
        return {};
    }

  private:
    std::unique_ptr<MemoryReader> memory_;
    std::size_t page_size_;
};

} // namespace

ImagePages::ImagePages(const Image& image, const PageSet& kept, std::size_t page_size, Range pfns)
    : image_(image), kept_(kept), page_size_(page_size), cursor_(pfns.begin), end_(pfns.end) {}

Result<bool> ImagePages::next(Work& work, std::size_t most) {
    work.pfns.clear();
    while (most > 0) {
        const auto pfn = kept_.next(cursor_);
        if (!pfn || *pfn >= end_)
            break;
        cursor_ = std::min({kept_.end_of_run(*pfn), *pfn + most, end_});
        work.pfns.push_back({*pfn, cursor_});
        most -= cursor_ - *pfn;
    }
    return !work.pfns.empty();
}

std::unique_ptr<PageSource::Reader> ImagePages::reader() const {
    return std::make_unique<ImageReader>(image_.reader(), page_size_);
}

} // namespace kdumpkit::dump
