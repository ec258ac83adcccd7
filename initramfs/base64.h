// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace kdumpkit::initramfs {

// Of text with line breaks in it; nullopt when it is something else.
std::optional<std::vector<std::byte>> base64_decoded(std::string_view text);

} // namespace kdumpkit::initramfs
