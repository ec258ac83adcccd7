// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/arm_record.h"

#include "base/json.h"

namespace kdumpkit::admin {

using nlohmann::ordered_json;

std::string to_json(const ArmRecord& record) {
    const ordered_json json{{"at", record.at},
                            {"failure", or_null(record.failure)},
                            {"kernel", record.kernel},
                            {"image", record.image},
                            {"image_bytes", record.image_bytes},
                            {"rebuilt_because", record.rebuilt_because}};
    return json_text(json);
}

std::optional<ArmRecord> parse_arm_record(std::string_view text) {
    const ordered_json json = ordered_json::parse(text, nullptr, false);
    if (!json.is_object() || !json.contains("at") || !json["at"].is_number_integer())
        return std::nullopt;
    ArmRecord record;
    record.at = json["at"].get<std::int64_t>();
    record.failure = text_in(json, "failure");
    record.kernel = text_in(json, "kernel");
    record.image = text_in(json, "image");
    record.image_bytes = number_in(json, "image_bytes").value_or(0);
    if (json.contains("rebuilt_because") && json["rebuilt_because"].is_array())
        for (const auto& reason : json["rebuilt_because"])
            if (reason.is_string())
                record.rebuilt_because.push_back(reason.get<std::string>());
    return record;
}

} // namespace kdumpkit::admin
