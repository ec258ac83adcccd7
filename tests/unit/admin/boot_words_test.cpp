// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/boot_words.h"

#include <vector>

#include <catch2/catch.hpp>

using namespace kdumpkit::admin;

TEST_CASE("crashkernel= words are replaced, the others stay") {
    struct Row {
        std::string line, parameter, result;
    };
    for (const Row& row : std::vector<Row>{
             {"", "crashkernel=1G", "crashkernel=1G"},
             {"quiet", "crashkernel=1G", "quiet crashkernel=1G"},
             {"crashkernel=1M quiet  crashkernel=2M,low", "crashkernel=1G", "quiet crashkernel=1G"},
             {"crashkernel=auto quiet", "", "quiet"},
             {"a=\"b crashkernel=1M c\" x", "", "a=\"b crashkernel=1M c\" x"},
             {"a=\"b crashkernel=1M", "crashkernel=1G", "crashkernel=1G a=\"b crashkernel=1M"}, // not closed
             {"nocrashkernel=1 crashkernels", "", "nocrashkernel=1 crashkernels"},
         }) {
        CAPTURE(row.line);
        CHECK(with_crashkernel(row.line, row.parameter) == row.result);
    }
    CHECK(crashkernel_words("a crashkernel=1M,high b crashkernel=2M,low") ==
          "crashkernel=1M,high crashkernel=2M,low");
}

TEST_CASE("of several crashkernel= words a kernel takes the last, those with a suffix only without another") {
    struct Row {
        std::string line, taken;
    };
    for (const Row& row : std::vector<Row>{
             {"quiet", ""},
             {"crashkernel=1M crashkernel=2M quiet", "crashkernel=2M"},
             {"crashkernel=1M crashkernel=2M,high crashkernel=3M,low", "crashkernel=1M"},
             {"crashkernel=2M,high crashkernel=3M,low", "crashkernel=2M,high crashkernel=3M,low"},
             {"crashkernel=3M,low", ""},
             {"crashkernel=1M crashkernel=4M,cma", "crashkernel=4M,cma crashkernel=1M"},
         }) {
        CAPTURE(row.line);
        CHECK(taken_crashkernel(row.line) == row.taken);
    }
}
