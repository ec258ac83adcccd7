// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/local_folders.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::admin;

TEST_CASE("targets are looked for where the running system has them") {
    const Settings settings;
    CHECK(find_local_folders(settings).paths == std::vector<std::string>{"/var/crash"});
    Settings far;
    far.targets = {file_target("/crash", "UUID=00000000-1111-2222-3333-444444444444", "ext4")};
    CHECK(find_local_folders(far).unseen.size() == 1);
}
