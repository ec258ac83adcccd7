// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/source/image.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace kdumpkit::dump {

// A reader of a dump that stores whole pages, packed: views are put together from them.
class PagedReader : public MemoryReader {
  public:
    Result<Bytes> view(std::uint64_t paddr, std::size_t size) final;

  protected:
    PagedReader(std::string name, std::uint64_t page_size)
        : name_(std::move(name)), page_size_(static_cast<std::size_t>(page_size)) {}

    // One page, valid until the next call of either.
    virtual Result<Bytes> page(std::uint64_t pfn) = 0;
    // One page to `out`, which has its size. Of what is read once, in order.
    virtual Result<> load(std::uint64_t pfn, std::span<std::byte> out) = 0;

    [[nodiscard]] Error at(std::uint64_t paddr, ErrorKind kind, std::string reason) const;
    [[nodiscard]] Error damaged(std::uint64_t pfn, std::uint64_t offset, std::string reason) const;
    [[nodiscard]] std::size_t page_size() const { return page_size_; }

  private:
    std::string name_;
    std::size_t page_size_;
    std::vector<std::byte> scratch_;
};

} // namespace kdumpkit::dump
