// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/summary.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace kdumpkit::dump;

TEST_CASE("the summary is JSON with every number in its place") {
    Summary summary;
    summary.complete = true;
    summary.level = 31;
    summary.compression = {Algorithm::zstd, 3};
    summary.kernel_release = "6.1.0\xff"; // from a dump: not UTF-8
    summary.kernel_facts = {{"layout file", 7}};
    summary.page_size = 4096;
    summary.pages = {.total = 100,
                     .kept = 40,
                     .cache = 10,
                     .cache_private = 11,
                     .user = 12,
                     .free = 13,
                     .offline = 14,
                     .hwpoison = 15,
                     .unclassified = 16};
    summary.zero_pages = 5;
    summary.written_pages = 35;
    summary.memory_bytes = 409600;
    summary.written_bytes = 54321;
    summary.filter_seconds = 0.12345;
    summary.peak_rss_kib = 9999;
    summary.warnings = {"one \"thing\""};
    const auto json = nlohmann::json::parse(to_json(summary));
    CHECK(json["program"] == "makedumpfile-lite");
    CHECK(json["format"] == "kdump-compressed");
    CHECK(json["complete"] == true);
    CHECK_FALSE(json.contains("error"));
    CHECK(json["dump_level"] == 31);
    CHECK(json["compression"] == "zstd");
    CHECK(json["compression_level"] == 3);
    CHECK(json["kernel_facts"]["layout file"] == 7);
    CHECK(json["pages"]["total"] == 100);
    CHECK(json["pages"]["kept"] == 40);
    CHECK(json["pages"]["written"] == 35);
    CHECK(json["pages"]["zero"] == 5);
    CHECK(json["pages"]["cache"] == 10);
    CHECK(json["pages"]["cache_private"] == 11);
    CHECK(json["pages"]["user"] == 12);
    CHECK(json["pages"]["free"] == 13);
    CHECK(json["pages"]["offline"] == 14);
    CHECK(json["pages"]["hwpoison"] == 15);
    CHECK(json["pages"]["unclassified"] == 16);
    CHECK(json["bytes"]["memory"] == 409600);
    CHECK(json["bytes"]["written"] == 54321);
    CHECK(json["seconds"]["filter"] == 0.123);
    CHECK(json["peak_rss_kib"] == 9999);
    CHECK(json["warnings"][0] == "one \"thing\"");
}

TEST_CASE("a dump that failed says why") {
    Summary summary;
    summary.error = "cannot write out: No space left on device";
    const auto json = nlohmann::json::parse(to_json(summary));
    CHECK(json["complete"] == false);
    CHECK(json["error"] == summary.error);
}
