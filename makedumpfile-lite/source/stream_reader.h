// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "makedumpfile-lite/format/kdump_writer.h"
#include "makedumpfile-lite/format/stream_layout.h"
#include "makedumpfile-lite/page_set.h"
#include "makedumpfile-lite/source/sequential_input.h"
#include "makedumpfile-lite/source/stream_section.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace kdumpkit::dump {

// Reads a stream dump (format/stream_layout.h) from its start to its end. Every number in it is checked.
class StreamReader {
  public:
    explicit StreamReader(SequentialInput& input) : input_(input) {}

    // The sections before the pages. Afterwards next_pages() gives the pages.
    Result<> read_head();
    // The next section with pages; false at the index, which ends a whole stream.
    Result<bool> next_pages(StreamPart& part);

    // After the last pages: it says itself that it is not the whole of its dump.
    [[nodiscard]] bool partial() const { return partial_; }
    // What read_head() found.
    [[nodiscard]] const format::StreamFacts& facts() const { return facts_; }
    [[nodiscard]] const std::vector<std::byte>& notes() const { return notes_; }
    [[nodiscard]] const std::string& vmcoreinfo() const { return vmcoreinfo_; }
    [[nodiscard]] const std::string& eraseinfo() const { return eraseinfo_; }
    [[nodiscard]] const PageSet& memory() const { return memory_; }
    [[nodiscard]] const PageSet& kept() const { return kept_; }
    // For headers of other formats; its notes live as long as this reader.
    [[nodiscard]] format::KdumpFacts kdump_facts() const;

  private:
    Result<StreamPart> next_part();
    Result<> take_head(const StreamPart& part);
    Result<> take_facts(const std::vector<std::byte>& bytes);
    Result<> take_chunks(const format::StreamSection& section, const std::vector<std::byte>& bytes,
                         PageSet& set);
    [[nodiscard]] Error corrupt(std::string reason) const;

    SequentialInput& input_;
    std::uint64_t sections_ = 0;
    std::uint64_t pages_seen_ = 0;
    bool has_facts_ = false;
    StreamPart first_pages_; // read_head() notices the end of the head by it
    bool has_first_pages_ = false;
    bool ended_ = false;
    bool partial_ = false;
    format::StreamFacts facts_;
    std::vector<std::byte> notes_;
    std::string vmcoreinfo_;
    std::string eraseinfo_;
    PageSet memory_{0};
    PageSet kept_{0};
};

} // namespace kdumpkit::dump
