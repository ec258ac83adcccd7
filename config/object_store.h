// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/target.h"

#include <string>

namespace kdumpkit {

// Where the bucket of an s3 target is. Amazon's own stores are known by their region alone.

// "https://bucket.s3.eu-west-1.amazonaws.com", "https://server:9000/bucket".
std::string bucket_url(const Target& target);
// The host in it, an IPv6 address without its brackets: what a connection goes to.
std::string bucket_host(const Target& target);

} // namespace kdumpkit
