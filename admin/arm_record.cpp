// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/arm_record.h"

#include <nlohmann/json.hpp>

namespace kdumpkit::admin {

using nlohmann::ordered_json;

std::string to_json(const ArmRecord& record) {
    const ordered_json json{
        {"at", record.at},
        {"failure", record.failure.empty() ? ordered_json() : ordered_json(record.failure)},
        {"kernel", record.kernel},
        {"image", record.image},
        {"image_bytes", record.image_bytes},
        {"rebuilt_because", record.rebuilt_because}};
    return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::optional<ArmRecord> parse_arm_record(std::string_view text) {
    const ordered_json json = ordered_json::parse(text, nullptr, false);
    if (!json.is_object() || !json.contains("at") || !json["at"].is_number_integer())
        return std::nullopt;
    const auto string = [&](const char* key) {
        return json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : std::string();
    };
    ArmRecord record;
    record.at = json["at"].get<std::int64_t>();
    record.failure = string("failure");
    record.kernel = string("kernel");
    record.image = string("image");
    if (json.contains("image_bytes") && json["image_bytes"].is_number_unsigned())
        record.image_bytes = json["image_bytes"].get<std::uint64_t>();
    if (json.contains("rebuilt_because") && json["rebuilt_because"].is_array())
        for (const auto& reason : json["rebuilt_because"])
            if (reason.is_string())
                record.rebuilt_because.push_back(reason.get<std::string>());
    return record;
}

} // namespace kdumpkit::admin
