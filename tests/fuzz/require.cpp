// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/fuzz/target.h"

#include <cstdio>
#include <cstdlib>

namespace kdumpkit::fuzz {

void require(bool kept, const char* promise) {
    if (kept)
        return;
    std::fprintf(stderr, "broken promise: %s\n", promise);
    std::abort();
}

} // namespace kdumpkit::fuzz
