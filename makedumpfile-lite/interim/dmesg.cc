// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/kernel.h"

namespace kdumpkit::dump {
Result<> read_dmesg(const Image& image, const Kernel&, const std::function<Result<>(std::string_view)>&) {
    return fail(ErrorKind::unsupported, "read the log of", image.name(), "this part is not built yet");
}
} // namespace kdumpkit::dump
