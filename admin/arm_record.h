// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::admin {

// How the last `kdumpkit arm` of this boot ended, for `kdumpkit status`.
struct ArmRecord {
    static constexpr const char* path = "/run/kdumpkit/arm.json";

    std::int64_t at = 0; // seconds since 1970
    std::string failure; // the whole message; empty: it went well
    std::string kernel, image;
    std::uint64_t image_bytes = 0;
    std::vector<std::string> rebuilt_because; // empty: the initramfs was fresh
    friend bool operator==(const ArmRecord&, const ArmRecord&) = default;
};
std::string to_json(const ArmRecord& record);
std::optional<ArmRecord> parse_arm_record(std::string_view json);

} // namespace kdumpkit::admin
