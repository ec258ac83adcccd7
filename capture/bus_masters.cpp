// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/bus_masters.h"

#include "base/bytes.h"
#include "base/file.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <vector>

#include <fcntl.h>
#include <fmt/ranges.h>

namespace kdumpkit::capture {
namespace {

// Of the configuration space (include/uapi/linux/pci_regs.h).
constexpr std::uint64_t command_at = 4;
constexpr unsigned bus_master = 0x4, nobody_there = 0xffff;
// Base classes (include/linux/pci_ids.h): a bridge carries the traffic of what is behind it, and among the
// system's own parts are interrupt controllers and the IOMMU.
constexpr std::uint64_t bridge = 0x06, system_part = 0x08;

Result<unsigned> command_of(int config, const std::string& path) {
    std::array<std::byte, 2> bytes{};
    KDK_TRY(pread_exact(config, command_at, bytes, path));
    return std::to_integer<unsigned>(bytes[0]) | std::to_integer<unsigned>(bytes[1]) << 8;
}

// True when it was one.
Result<bool> silence(const std::string& device) {
    const std::string path = device + "/config";
    KDK_ASSIGN(const Fd config, open_file(path, O_RDWR));
    KDK_ASSIGN(const unsigned before, command_of(config.get(), path));
    if ((before & bus_master) == 0 || before == nobody_there)
        return false;
    const unsigned wanted = before & ~bus_master;
    const std::array bytes{static_cast<std::byte>(wanted & 0xff), static_cast<std::byte>(wanted >> 8)};
    KDK_TRY(pwrite_all(config.get(), command_at, bytes, path));
    KDK_ASSIGN(const unsigned after, command_of(config.get(), path));
    if ((after & bus_master) != 0 && after != nobody_there)
        return fail(ErrorKind::system, "keep from writing to memory", device,
                    "it does not give up the right");
    return true;
}

bool is_left_alone(const std::string& device) {
    const std::string text = read_text(device + "/class", 64).value_or(std::string());
    const auto number = parse_number(std::string_view(text).substr(0, text.find('\n')), 0);
    const std::uint64_t base = number.value_or(0) >> 16;
    return base == bridge || base == system_part || file_exists(device + "/driver");
}

} // namespace

Result<> silence_bus_masters(CaptureLog& log, const std::string& devices) {
    std::vector<std::string> names, silenced;
    std::error_code error;
    for (std::filesystem::directory_iterator it(devices, error), end; !error && it != end;
         it.increment(error))
        names.push_back(it->path().filename());
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) {
        const std::string device = devices + "/" + name;
        if (is_left_alone(device))
            continue;
        KDK_ASSIGN(const bool was, silence(device));
        if (was)
            silenced.push_back(name);
    }
    if (!silenced.empty())
        log.say("kept from writing to memory, since no driver stops them: {}", fmt::join(silenced, " "));
    return {};
}

} // namespace kdumpkit::capture
