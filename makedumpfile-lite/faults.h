// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kdumpkit::dump {

// What is wrong with a dump, for people and programs: a bounded list, however much is wrong.
class Faults {
  public:
    static constexpr std::size_t most_listed = 100;

    void add(std::string what);
    // Page `pfn` cannot be read because of `why`. Neighbours with the same reason share a line. In the order
    // of the pfns.
    void add_page(std::uint64_t pfn, std::string why);

    [[nodiscard]] bool none() const { return count_ == 0; }
    [[nodiscard]] std::uint64_t count() const { return count_; } // the unlisted ones too
    [[nodiscard]] std::uint64_t pages() const { return pages_; } // that cannot be read
    [[nodiscard]] std::vector<std::string> lines() const;

  private:
    struct Fault {
        std::string what;
        std::uint64_t first = 0, last = 0; // pfns
        bool pages = false;
    };
    std::vector<Fault> listed_;
    std::uint64_t count_ = 0;
    std::uint64_t pages_ = 0;
};

} // namespace kdumpkit::dump
