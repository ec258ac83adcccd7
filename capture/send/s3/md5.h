// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"

#include <span>
#include <string>

namespace kdumpkit::send {

// As hexadecimal digits: what S3 calls the ETag of a part. It finds out whether a part is ours, it protects
// nothing.
std::string md5_hex(Bytes bytes);
// Pure. The ETag, in quotation marks, of the object that is put together from parts with these ETags (in
// quotation marks): the MD5 of their digests, and how many they are. Empty when one of them is no MD5, as
// with some encryption by the server.
std::string object_etag(std::span<const std::string> parts);

} // namespace kdumpkit::send
