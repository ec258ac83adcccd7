// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/module_name.h"

namespace kdumpkit {

bool is_module_name(std::string_view text) {
    return !text.empty() && text.front() != '-' &&
           text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") ==
               std::string_view::npos;
}

} // namespace kdumpkit
