// SPDX-License-Identifier: GPL-2.0-or-later
// The entry of libFuzzer for the target that FUZZ_TARGET names.
#include "tests/fuzz/target.h"

#include <cstdint>

namespace kdumpkit::fuzz {
extern const Target FUZZ_TARGET;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    kdumpkit::fuzz::FUZZ_TARGET.run(std::as_bytes(std::span(data, size)));
    return 0;
}
