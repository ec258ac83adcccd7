// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "tests/fuzz/target.h"
#include "tests/unit/makedumpfile-lite/source/elf_file.h"

#include <string>
#include <vector>

namespace kdumpkit::fuzz {

// A crash image of a few pages that is right in every respect.
dump::test::ElfFile sample_core();

// What makedumpfile-lite makes of a crash image with these options.
Input sample_dump(Bytes core, std::vector<std::string> options);

// The same file flattened, in records of `piece` bytes, the last ones first.
Input flattened(Bytes file, std::size_t piece);

} // namespace kdumpkit::fuzz
