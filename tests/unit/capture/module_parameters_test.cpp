// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/module_parameters.h"

#include <catch2/catch.hpp>

using namespace kdumpkit::capture;

TEST_CASE("a module gets its parameters from the command line") {
    struct Case {
        const char *line, *module, *parameters;
    };
    for (const Case& c : {
             Case{"", "ramoops", ""},
             Case{"quiet ramoops.mem_size=1 panic=10 ramoops.ecc=1\n", "ramoops", "mem_size=1 ecc=1"},
             Case{"xramoops.a=1 ramoops2.a=1 ramoops=1 y=ramoops.a", "ramoops", ""},
             Case{"virtio-blk.queue_depth=4 virtio_blk.flag", "virtio_blk", "queue_depth=4 flag"},
             Case{"nls-utf8.a=1", "nls_utf8", "a=1"},
             Case{"x.text=\"two words\" x.b=c.d", "x", "text=\"two words\" b=c.d"},
             Case{"a -- x.b=1", "x", ""},
         }) {
        INFO(c.line);
        CHECK(module_parameters(c.line, c.module) == c.parameters);
    }
}
