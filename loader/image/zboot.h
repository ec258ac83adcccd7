// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <string>
#include <string_view>

namespace kdumpkit::loader {

// An EFI program that unpacks a kernel and starts it (the header of
// drivers/firmware/efi/libstub/zboot-header.S).
struct ZbootImage {
    Bytes payload;                // the packed kernel, inside the file
    std::string_view compression; // as the header names it: "gzip", "zstd22", "xzkern", ...
};

// `invalid` when it is none, `corrupt` when its payload lies outside the file.
Result<ZbootImage> parse_zboot(Bytes file, const std::string& name);

} // namespace kdumpkit::loader
