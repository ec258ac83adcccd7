// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/credentials.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;

TEST_CASE("credentials are two lines, ours or Amazon's") {
    const Credentials wanted{"me", "a = b#c"};
    CHECK(parse_credentials("user = me\npassword = a = b#c\n", "f") == wanted);
    CHECK(parse_credentials("# of the store\n\n  access_key=me\r\nsecret_key\t=  a = b#c  ", "f") == wanted);
    CHECK(parse_credentials("[default]\naws_access_key_id = me\naws_secret_access_key = a = b#c\n", "f") ==
          wanted);
}

TEST_CASE("wrong credentials are refused without repeating them") {
    for (const char* text :
         {"", "user = me", "password = hush", "user = me\npassword =\n", "me:hush",
          "user = me\nuser = me\npassword = hush", "user = me\npass = hush",
          "[a]\nuser = me\npassword = hush\n[b]\nuser = me\n", "user = me\npassword = hu\x01sh"}) {
        CAPTURE(text);
        const auto credentials = parse_credentials(text, "the file");
        REQUIRE_FALSE(credentials);
        CHECK(credentials.error().object == "the file");
        CHECK(credentials.error().message().find("hush") == std::string::npos);
        CHECK_FALSE(credentials.error().next_step.empty());
    }
}
