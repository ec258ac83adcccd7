// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/ramoops.h"

#include <catch2/catch.hpp>

using namespace kdumpkit::loader;

TEST_CASE("the capture kernel hears by address where pstore's memory is") {
    const std::map<std::string, std::string> found{
        {"mem_address", "534773760"}, {"mem_size", "1048576"},  {"mem_name", "oops"},
        {"record_size", "4096"},      {"pmsg_size", "16384"},   {"ecc", "1"},
        {"max_reason", "2"},          {"dump_oops", "garbage"},
    };
    const std::string layout = "ramoops.mem_address=0x1fe00000 ramoops.mem_size=0x100000 "
                               "ramoops.record_size=0x1000 ramoops.pmsg_size=0x4000 ramoops.ecc=0x1";
    struct Case {
        const char* line;
        std::string changed;
    };
    for (const Case& c : std::vector<Case>{
             {"", layout},
             {"console=ttyS0", "console=ttyS0 " + layout},
             {"ramoops.mem_name=oops ramoops.max_reason=5 a", "ramoops.max_reason=5 a " + layout},
             {"ramoops.mem_address=1 ramoops.pmsg-size=2 a", "a " + layout},
             {"a -- single", "a " + layout + " -- single"},
         })
        CHECK(with_ramoops(c.line, found) == c.changed);
}

TEST_CASE("a command line stays as it is where pstore has no memory") {
    const char* const line = "ramoops.mem_name=oops  a";
    for (const std::map<std::string, std::string>& found : std::vector<std::map<std::string, std::string>>{
             {},
             {{"mem_address", "0"}, {"mem_size", "0"}},
             {{"mem_address", "4096"}, {"mem_size", "0"}},
             {{"mem_address", "(null)"}, {"mem_size", "4096"}},
         })
        CHECK(with_ramoops(line, found) == line);
}
