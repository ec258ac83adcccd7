// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "capture/send/outcome.h"
#include "config/target.h"

#include <string>
#include <string_view>

#include <curl/curl.h>

namespace kdumpkit::send {

// Pure: what a failure of libcurl means. `detail` is its own text, `status` the last reply code of FTP (0:
// none).
Trouble judge(CURLcode code, long status, std::string_view detail, const Target& target);

// Pure: what a reply of HTTP that is not a success means; `detail` is what the server says about it.
Trouble judge_http(long status, std::string_view detail, const Target& target);

} // namespace kdumpkit::send
