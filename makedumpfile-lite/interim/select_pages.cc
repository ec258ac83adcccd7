// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/filter.h"

namespace kdumpkit::dump {
Result<Selection> select_pages(const Image& image, const Kernel&, unsigned, const Log&,
                               const std::function<void(std::uint64_t)>&) {
    return fail(ErrorKind::unsupported, "filter", image.name(), "this part is not built yet");
}
} // namespace kdumpkit::dump
