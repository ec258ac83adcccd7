// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/foreign_key.h"

#include <string>
#include <vector>

namespace kdumpkit {

// The targets of a draft whose keys are all taken, as URLs in their order; parse_target() has yet to say
// whether they are good. `lost`: one is not taken over, and the default folder must not take its place.
std::vector<std::string> target_urls(const ImportDraft& draft, bool lost);

// What `draft` says of a disk, with `filesystem` ("UUID=…") for its device.
std::string filesystem_url(const ImportDraft& draft, const std::string& filesystem);

} // namespace kdumpkit
