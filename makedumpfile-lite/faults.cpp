// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/faults.h"

#include <utility>

#include <fmt/format.h>

namespace kdumpkit::dump {

void Faults::add(std::string what) {
    ++count_;
    if (listed_.size() < most_listed)
        listed_.push_back({std::move(what)});
}

void Faults::add_page(std::uint64_t pfn, std::string why) {
    ++pages_;
    if (!listed_.empty() && listed_.back().pages && listed_.back().last + 1 == pfn &&
        listed_.back().what == why) {
        listed_.back().last = pfn;
        return;
    }
    ++count_;
    if (listed_.size() < most_listed)
        listed_.push_back({std::move(why), pfn, pfn, true});
}

std::vector<std::string> Faults::lines() const {
    std::vector<std::string> lines;
    for (const Fault& fault : listed_) {
        if (!fault.pages)
            lines.push_back(fault.what);
        else if (fault.first == fault.last)
            lines.push_back(fmt::format("page 0x{:x}: {}", fault.first, fault.what));
        else
            lines.push_back(fmt::format("pages 0x{:x} to 0x{:x}: {}", fault.first, fault.last, fault.what));
    }
    if (count_ > listed_.size())
        lines.push_back(fmt::format("and {} more", count_ - listed_.size()));
    return lines;
}

} // namespace kdumpkit::dump
