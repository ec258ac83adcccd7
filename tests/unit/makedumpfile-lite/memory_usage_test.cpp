// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/memory_usage.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace kdumpkit::dump;

namespace {

MemoryUsage machine() {
    MemoryUsage usage;
    usage.kernel_release = "6.1.0-test";
    usage.counts.total = 1000;
    usage.counts.free = 500;
    usage.counts.user = 200;
    usage.counts.cache = 100;
    usage.counts.cache_private = 50;
    usage.counts.offline = 20;
    usage.counts.hwpoison = 10;
    usage.counts.kept = 120;
    usage.zero = 15;
    return usage;
}

} // namespace

TEST_CASE("what each dump level would hold") {
    const MemoryUsage usage = machine();
    const std::pair<unsigned, std::uint64_t> levels[] = {{0, 1000}, {1, 1000}, {2, 870},  {4, 820},
                                                         {6, 820},  {8, 770},  {16, 470}, {24, 270},
                                                         {30, 120}, {31, 105}};
    for (const auto& [level, pages] : levels) {
        INFO(level);
        CHECK(usage.kept_at(level) == pages);
    }
}

TEST_CASE("memory usage for people and for programs") {
    const std::string text = usage_text(machine());
    CHECK(text.find("Linux 6.1.0-test") == 0);
    CHECK(text.find("  50.0%  16\n") != std::string::npos);
    CHECK(text.find("  -d 31          105 pages") != std::string::npos);
    const auto json = nlohmann::json::parse(usage_json(machine()));
    CHECK(json["pages"]["kernel_zero"] == 15);
    CHECK(json["levels"].back()["level"] == 31);
    CHECK(json["levels"].back()["pages"] == 105);
    MemoryUsage nothing;
    CHECK(usage_text(nothing).find("nan") == std::string::npos);
}
