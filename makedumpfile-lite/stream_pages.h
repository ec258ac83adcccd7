// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/page_source.h"
#include "makedumpfile-lite/source/stream_reader.h"

namespace kdumpkit::dump {

// The pages of a stream dump for the pipeline: a block for each section, unpacked by the workers. `reader`
// has read its head and must outlive this.
class StreamPages final : public PageSource {
  public:
    explicit StreamPages(StreamReader& reader, std::string name) : reader_(reader), name_(std::move(name)) {}
    Result<bool> next(Work& work, std::size_t most) override;
    [[nodiscard]] std::unique_ptr<Reader> reader() const override;

  private:
    StreamReader& reader_;
    std::string name_;
    std::uint64_t cursor_ = 0; // the pfn behind the last page
};

} // namespace kdumpkit::dump
