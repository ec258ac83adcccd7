// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/reserve_options.h"

#include <vector>

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::admin;
using Catch::Matchers::Contains;

TEST_CASE("options of reserve that would not be looked at are refused") {
    const ReservationSize size{"192M", false, {}}, high{"", true, {}}, cma{"", false, "64M"},
        all{"192M", true, "64M"};
    struct Row {
        ReserveOptions options;
        std::string refused; // empty: good
    };
    for (const Row& row : std::vector<Row>{
             {{}, ""},
             {{size, "", "", false, false, false}, ""},
             {{all, "", "/r", true, false, false}, ""},
             {{{}, "96M", "", true, false, false}, ""},
             {{{}, "", "/r", true, true, false}, ""},
             {{{}, "", "", false, false, true}, ""},
             {{size, "", "", false, false, true}, "SIZE with --show"},
             {{{}, "", "", true, false, true}, "--dry-run with --show"},
             {{{}, "", "/r", false, false, true}, "--root with --show"},
             {{{}, "96M", "", false, false, true}, "--shrink with --show"},
             {{{}, "", "", false, true, true}, "--undo with --show"},
             {{size, "96M", "", false, false, false}, "SIZE with --shrink"},
             {{{}, "96M", "/r", false, false, false}, "--root with --shrink"},
             {{{}, "96M", "", false, true, false}, "--undo with --shrink"},
             {{size, "", "", false, true, false}, "SIZE with --undo"},
             {{high, "", "", false, true, false}, "--high with --undo"},
             {{cma, "", "", false, true, false}, "--cma with --undo"},
             {{high, "", "", false, false, false}, "use --high: there is no SIZE"},
             {{cma, "", "", false, false, false}, "use --cma: there is no SIZE"},
             {{{}, "", "", true, false, false}, "use --dry-run: there is no SIZE"},
             {{{}, "", "/r", false, false, false}, "use --root: there is no SIZE"},
         }) {
        CAPTURE(row.refused);
        const auto checked = check_options(row.options);
        CHECK(checked.has_value() == row.refused.empty());
        if (!checked) {
            CHECK(checked.error().kind == ErrorKind::invalid);
            CHECK_THAT(checked.error().message(), Contains(row.refused));
        }
    }
}

TEST_CASE("the size that is missing is shown beside what was given") {
    const auto next = [](const ReserveOptions& options) { return check_options(options).error().next_step; };
    CHECK(next({{"", true, {}}, "", "", true, false, false}) ==
          "kdumpkit reserve auto --high --dry-run, for instance");
    CHECK(next({{"", false, "64M"}, "", "", false, false, false}) ==
          "kdumpkit reserve auto --cma 64M, for instance");
    CHECK(next({{}, "", "/r", false, false, false}) == "kdumpkit reserve 192M --root /r, for instance");
}
