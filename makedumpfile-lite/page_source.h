// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "base/range.h"
#include "makedumpfile-lite/page_set.h"
#include "makedumpfile-lite/source/image.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace kdumpkit::dump {

// Where the pipeline's pages come from: blocks of neighbouring pages, in the order of their pfns.
class PageSource {
  public:
    struct Work {
        std::vector<Range> pfns;      // what to read, runs of neighbours
        std::vector<std::byte> input; // what the source wants to hand to the worker; reused
    };
    // Reads the pages of one piece of work after the other, for one worker.
    class Reader {
      public:
        virtual ~Reader() = default;
        // `page` gets each page, valid until it returns.
        virtual Result<> read(const Work& work, const std::function<void(Bytes)>& page) = 0;
    };

    virtual ~PageSource() = default;
    // Fills the next piece of work: at most `most` pages. False at the end. One thread at a time.
    virtual Result<bool> next(Work& work, std::size_t most) = 0;
    [[nodiscard]] virtual std::unique_ptr<Reader> reader() const = 0;
};

// The members of `kept` in [begin, end), read from an image. Both must outlive it.
class ImagePages final : public PageSource {
  public:
    ImagePages(const Image& image, const PageSet& kept, std::size_t page_size, Range pfns);
    Result<bool> next(Work& work, std::size_t most) override;
    [[nodiscard]] std::unique_ptr<Reader> reader() const override;

  private:
    const Image& image_;
    const PageSet& kept_;
    std::size_t page_size_;
    std::uint64_t cursor_; // the pfn where the next block starts
    std::uint64_t end_;
};

} // namespace kdumpkit::dump
