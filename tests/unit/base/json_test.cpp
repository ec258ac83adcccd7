// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/json.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using Json = nlohmann::ordered_json;

TEST_CASE("JSON keeps the order of its members, and any byte in its texts") {
    CHECK(json_text({{"b", 1}, {"a", or_null(std::string())}}) == "{\n  \"b\": 1,\n  \"a\": null\n}\n");
    CHECK(json_text(Json("a\xff")) == "\"a\xef\xbf\xbd\"\n");
}

TEST_CASE("a member that is absent or of another type is empty") {
    const Json json = Json::parse(R"({"text": "x", "number": 3, "negative": -3, "yes": true})");
    CHECK(text_in(json, "text") == "x");
    CHECK(text_in(json, "number").empty());
    CHECK(number_in(json, "number") == 3u);
    CHECK_FALSE(number_in(json, "negative"));
    CHECK_FALSE(number_in(json, "text"));
    CHECK(is_true_in(json, "yes"));
    CHECK_FALSE(is_true_in(json, "number"));
    for (const char* other : {"[1]", "3", "null", "nonsense"}) {
        const Json none = Json::parse(other, nullptr, false);
        CHECK(text_in(none, "text").empty());
        CHECK_FALSE(number_in(none, "number"));
        CHECK_FALSE(is_true_in(none, "yes"));
    }
}
