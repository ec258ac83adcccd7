// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::send {

// Just as much of XML as the replies of object stores need: elements without attributes, whose content is
// text or further elements. What is not there is empty; other people's bytes do no harm.

// What stands between <NAME> and </NAME>, the first time and as it is written.
std::string_view xml_inside(std::string_view xml, std::string_view name);
// The same of every <NAME>.
std::vector<std::string_view> xml_all(std::string_view xml, std::string_view name);
// The same as text, its entities resolved.
std::string xml_text(std::string_view xml, std::string_view name);

} // namespace kdumpkit::send
