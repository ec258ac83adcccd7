// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"

#include <string>

namespace kdumpkit::send {

// As hexadecimal digits: what S3 calls the ETag of a part. It finds out whether a part is ours, it protects
// nothing.
std::string md5_hex(Bytes bytes);

} // namespace kdumpkit::send
