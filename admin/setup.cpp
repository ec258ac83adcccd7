// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/setup.h"

#include "admin/boot_words.h"
#include "base/json.h"
#include "base/progress.h"

#include <fmt/format.h>

namespace kdumpkit::admin {
namespace {

using Json = nlohmann::ordered_json;

const char* state_text(SetupState state) {
    switch (state) {
    case SetupState::good:
        return "good";
    case SetupState::done:
        return "done";
    case SetupState::planned:
        return "would";
    case SetupState::remains:
        return "remains";
    }
    return "?";
}

} // namespace

ReservationDecision decide_reservation(const ReservationFacts& facts) {
    const std::string wanted =
        facts.wished.empty() ? fmt::format("crashkernel={}M", facts.recommended >> 20) : facts.wished;
    const std::string asked = crashkernel_words(facts.command_line);
    // What is written and not booted yet counts before what this boot has.
    if (facts.recorded && !has_crashkernel(facts.command_line, facts.recorded->parameter) &&
        (facts.wished.empty() || facts.recorded->parameter == facts.wished))
        return {ReservationStep::reboot, facts.recorded->parameter, "is written for the next boot"};
    if (facts.granted == 0 && !asked.empty() && has_crashkernel(facts.command_line, wanted))
        return {ReservationStep::refused, wanted, "was asked for, and the kernel granted nothing"};
    if (facts.granted == 0)
        return {ReservationStep::write, wanted, "nothing is reserved"};
    if (!facts.wished.empty() && !has_crashkernel(facts.command_line, facts.wished))
        return {ReservationStep::write, wanted, fmt::format("this boot has {}", asked)};
    if (facts.wished.empty() && facts.granted < facts.needed)
        return {ReservationStep::write, wanted,
                fmt::format("{} are reserved, {} are needed", human_bytes(facts.granted),
                            human_bytes(facts.needed))};
    return {ReservationStep::keep, asked,
            fmt::format("the kernel granted {}{}", human_bytes(facts.granted),
                        facts.granted < facts.needed        ? ", less than the estimate needs"
                        : facts.granted < facts.recommended ? ", less than recommended"
                                                            : "")};
}

std::string steps_text(const SetupReport& report) {
    std::string text;
    for (const SetupStep& step : report.steps)
        text += fmt::format("{:<12} {:<8} {}\n", step.name, state_text(step.state), step.text);
    return text + report.change;
}

std::string to_text(const SetupReport& report) {
    std::string next;
    for (const SetupStep& step : report.steps)
        if (!step.next.empty())
            next += fmt::format("next: {}\n", step.next);
    if (report.dry_run)
        next = "nothing was changed\n" + next;
    else if (next.empty() && !report.undo)
        next = "ready: a panic now would be captured\n";
    return steps_text(report) + next;
}

std::string to_json(const SetupReport& report) {
    Json json{
        {"dry_run", report.dry_run}, {"ready", !report.undo && !report.failure}, {"steps", Json::array()}};
    for (const SetupStep& step : report.steps) {
        json["steps"].push_back({{"name", step.name},
                                 {"state", state_text(step.state)},
                                 {"text", step.text},
                                 {"next", or_null(step.next)}});
        if (step.state == SetupState::remains || step.state == SetupState::planned || !step.next.empty())
            json["ready"] = false;
    }
    json["change"] = or_null(report.change);
    json["error"] = nullptr;
    if (report.failure)
        json["error"] = {{"message", Error(*report.failure).then("").message()},
                         {"next", or_null(report.failure->next_step)}};
    return json_text(json);
}

std::string to_json(const SetupRecord& record) {
    return json_text({{"disabled", record.disabled}});
}

std::optional<SetupRecord> parse_setup_record(std::string_view text) {
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object() || !json.contains("disabled") || !json["disabled"].is_array())
        return std::nullopt;
    SetupRecord record;
    for (const auto& unit : json["disabled"])
        if (unit.is_string())
            record.disabled.push_back(unit.get<std::string>());
    return record;
}

} // namespace kdumpkit::admin
