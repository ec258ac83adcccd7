// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/reservation_size.h"

#include "base/bytes.h"
#include "base/progress.h"
#include "base/range.h"
#include "base/text.h"

#include <fmt/format.h>

namespace kdumpkit::admin {

Result<std::uint64_t> parse_size(std::string_view text, std::string_view option) {
    const auto wrong = [&](const char* reason) {
        const std::string quoted = fmt::format("\"{}\"", text);
        if (!option.empty())
            return fail(
                make_error(ErrorKind::invalid, "take", fmt::format("{} for {}", quoted, option), reason)
                    .then("give a size such as 192M or 1G"));
        return fail(make_error(ErrorKind::invalid, "reserve", quoted, reason)
                        .then(text.find(',') != std::string_view::npos
                                  ? "give the size alone; --high and --cma are options"
                                  : "give a size such as 192M or 1G, or auto"));
    };
    if (text.size() < 2)
        return wrong("this is not a size");
    const std::string_view digits = text.substr(0, text.size() - 1);
    const auto number = digits.find_first_not_of("0123456789") == std::string_view::npos
                            ? parse_number(digits, 10)
                            : std::nullopt;
    const char unit = text.back();
    const unsigned shift = unit == 'K' || unit == 'k'   ? 10
                           : unit == 'M' || unit == 'm' ? 20
                           : unit == 'G' || unit == 'g' ? 30
                                                        : 0;
    if (!number || shift == 0)
        return wrong("this is not a number with K, M or G");
    const auto bytes = checked_mul(*number, std::uint64_t{1} << shift);
    // arch/x86/include/asm/crash_reserve.h, CRASH_ADDR_HIGH_MAX; other architectures address no more.
    if (!bytes || *bytes > std::uint64_t{64} << 40)
        return wrong("no kernel reserves more than 64 TiB");
    if (*bytes < std::uint64_t{32} << 20)
        return wrong("no kernel starts in less than 32 MiB");
    return *bytes;
}

Result<std::string> reservation_parameter(const ReservationSize& size) {
    KDK_TRY(parse_size(size.size));
    std::string parameter;
    // First: a kernel before 6.17 looks at the last word whose suffix it does not know, and would reserve
    // nothing.
    if (!size.cma.empty()) {
        KDK_TRY(parse_size(size.cma, "--cma"));
        parameter = fmt::format("crashkernel={},cma ", size.cma);
    }
    parameter += "crashkernel=" + size.size;
    // Without ",low" the kernel takes 256 MiB there; 64 MiB of swiotlb and some buffers are enough.
    if (size.high)
        parameter += ",high crashkernel=72M,low";
    return parameter;
}

Result<> check_fits(const ReservationSize& size, std::string_view meminfo, std::uint64_t reserved) {
    const auto visible = kib_of(meminfo, "MemTotal");
    if (!visible)
        return {};
    const std::uint64_t memory = *visible * 1024 + reserved;
    KDK_ASSIGN(std::uint64_t wanted, parse_size(size.size));
    if (!size.cma.empty()) {
        KDK_ASSIGN(const std::uint64_t more, parse_size(size.cma, "--cma"));
        wanted += more;
    }
    if (wanted < memory)
        return {};
    return fail(make_error(ErrorKind::invalid, "reserve", human_bytes(wanted),
                           fmt::format("this machine has {} of memory", human_bytes(memory)))
                    .then("kdumpkit estimate tells what is needed"));
}

} // namespace kdumpkit::admin
