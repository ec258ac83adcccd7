// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/reservation.h"

#include "base/bytes.h"
#include "base/progress.h"

#include <fmt/format.h>

namespace kdumpkit::loader {

std::uint64_t Reservation::total() const {
    return ranges().total();
}

std::string Reservation::warning() const {
    constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20, four_gibibytes = std::uint64_t{4} << 30;
    // swiotlb takes 64 MiB, and 32-bit devices want buffers besides ("crashkernel=size[KMG],low" in
    // Documentation/admin-guide/kernel-parameters.txt).
    constexpr std::uint64_t needed = 72 * mebibyte;
    const std::uint64_t low = ranges().intersection(RangeSet{{0, four_gibibytes}}).total();
    if (main.begin < four_gibibytes || low >= needed)
        return {};
    return fmt::format(
        "of the reservation {} lie below 4 GiB: a capture kernel with 32-bit devices may run out of "
        "memory there; boot with crashkernel={}M,low or more",
        human_bytes(low), needed / mebibyte);
}

RangeSet Reservation::ranges() const {
    RangeSet set = cma;
    for (const Range& range : all)
        set.add(range);
    return set;
}

Result<Reservation> find_reservation(const std::vector<IomemEntry>& iomem, std::string_view crash_size,
                                     std::string_view command_line, std::string_view cma_ranges) {
    Reservation reservation;
    reservation.all = crash_kernel_ranges(iomem);
    if (reservation.all.empty()) {
        if (crash_size.empty())
            return fail(make_error(ErrorKind::unsupported, "find", "the crash reservation",
                                   "this kernel has no crash_size in /sys/kernel: it was built without "
                                   "CONFIG_KEXEC_CORE or CONFIG_CRASH_DUMP")
                            .then("boot a kernel that has them"));
        const bool asked = command_line.find("crashkernel=") != std::string_view::npos;
        return fail(
            make_error(ErrorKind::absent, "find", "the crash reservation",
                       asked ? "the kernel could not reserve what crashkernel= on its command line asks for"
                             : "no memory is reserved: there is no crashkernel= on the kernel's command line")
                .then(asked ? "see the kernel's log for \"crashkernel\", ask for less, and reboot"
                            : "add crashkernel=192M to the kernel's command line and reboot"));
    }
    reservation.main = reservation.all.back();
    const RangeSet ram = system_ram(iomem);
    for (const Range& range : reservation.all)
        if (!ram.contains(range))
            return fail(
                make_error(ErrorKind::corrupt, "use",
                           fmt::format("the crash reservation {:#x}-{:#x}", range.begin, range.end - 1),
                           "it reaches outside the System RAM of /proc/iomem")
                    .then("please report this with /proc/iomem"));
    // "BEGIN-END" in hexadecimal, inclusive, one a line. A line that is not one is passed over: the range is
    // then in the dump and unused, which is safe.
    for (std::size_t begin = 0; begin < cma_ranges.size();) {
        const std::size_t end = std::min(cma_ranges.find('\n', begin), cma_ranges.size());
        const std::string_view line = cma_ranges.substr(begin, end - begin);
        begin = end + 1;
        const std::size_t dash = std::min(line.find('-'), line.size());
        const auto first = parse_number(line.substr(0, dash), 16);
        const auto last = dash < line.size() ? parse_number(line.substr(dash + 1), 16) : std::nullopt;
        if (first && last && *first <= *last && *last < ~std::uint64_t{0})
            reservation.cma.add({*first, *last + 1});
    }
    return reservation;
}

} // namespace kdumpkit::loader
