// SPDX-License-Identifier: GPL-2.0-or-later
// Stands in until the kernel part has landed; the linker prefers that one.
#include "makedumpfile-lite/kernel/kernel.h"

namespace kdumpkit::dump {
struct Kernel::Data {
    Utsname utsname;
};
Kernel::Kernel(std::unique_ptr<Data> data) : data_(std::move(data)) {}
Kernel::~Kernel() = default;
Result<std::unique_ptr<Kernel>> Kernel::open(const Image& image, const Log&) {
    if (image.vmcoreinfo().empty())
        return fail(ErrorKind::absent, "learn about the kernel in", image.name(), "it has no VMCOREINFO");
    return fail(ErrorKind::unsupported, "learn about the kernel in", image.name(),
                "this part is not built yet");
}
const Utsname& Kernel::utsname() const {
    return data_->utsname;
}
std::uint64_t Kernel::page_size() const {
    return 4096;
}
std::uint64_t Kernel::phys_base() const {
    return 0;
}
std::uint64_t Kernel::crash_time() const {
    return 0;
}
} // namespace kdumpkit::dump
