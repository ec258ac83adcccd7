// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/page_test.h"

#include "makedumpfile-lite/filter.h"

namespace kdumpkit::dump {

PageSet promised_pages(const Image& image) {
    const std::uint64_t page_size = page_size_of(image);
    const auto& ranges = image.memory().ranges();
    PageSet pages(ranges.empty() ? 0 : ranges.back().end / page_size);
    for (const Range& range : ranges)
        pages.insert(range.begin / page_size, range.end / page_size);
    if (image.promised() != nullptr)
        pages.keep_only(*image.promised());
    return pages;
}

Result<PageSet> read_every_page(const Image& image, Faults& faults,
                                const std::function<Result<>(std::uint64_t)>& progress) {
    const std::uint64_t page_size = page_size_of(image);
    PageSet pages = promised_pages(image);
    const auto reader = image.reader();
    std::uint64_t done = 0;
    for (auto pfn = pages.next(0); pfn; pfn = pages.next(*pfn + 1)) {
        if (image.present() != nullptr && !image.present()->contains(*pfn)) {
            faults.add_page(*pfn, "missing: the file does not reach that far, or was never finished");
            pages.erase(*pfn, *pfn + 1);
        } else if (const auto page = reader->view(*pfn * page_size, page_size); !page) {
            faults.add_page(*pfn, page.error().reason);
            pages.erase(*pfn, *pfn + 1);
        }
        if (++done % 256 == 0)
            KDK_TRY(progress(done));
    }
    KDK_TRY(progress(done));
    return pages;
}

} // namespace kdumpkit::dump
