// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/send/s3/xml.h"

#include <array>
#include <utility>

#include <fmt/format.h>

namespace kdumpkit::send {

std::vector<std::string_view> xml_all(std::string_view xml, std::string_view name) {
    const std::string open = fmt::format("<{}>", name), close = fmt::format("</{}>", name);
    std::vector<std::string_view> found;
    while (true) {
        const std::size_t begin = xml.find(open);
        if (begin == std::string_view::npos)
            return found;
        xml.remove_prefix(begin + open.size());
        const std::size_t end = xml.find(close);
        if (end == std::string_view::npos)
            return found;
        found.push_back(xml.substr(0, end));
        xml.remove_prefix(end + close.size());
    }
}

std::string_view xml_inside(std::string_view xml, std::string_view name) {
    const auto all = xml_all(xml, name);
    return all.empty() ? std::string_view() : all.front();
}

std::string xml_text(std::string_view xml, std::string_view name) {
    constexpr std::array<std::pair<std::string_view, char>, 6> entities{
        {{"&quot;", '"'}, {"&#34;", '"'}, {"&apos;", '\''}, {"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}}};
    std::string_view rest = xml_inside(xml, name);
    std::string text;
    while (!rest.empty()) {
        std::size_t taken = 1;
        char c = rest.front();
        for (const auto& [entity, meaning] : entities)
            if (rest.starts_with(entity)) {
                taken = entity.size();
                c = meaning;
            }
        text += c;
        rest.remove_prefix(taken);
    }
    return text;
}

} // namespace kdumpkit::send
