// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "loader/machine.h"
#include "loader/reboot.h"

#include <string>

namespace kdumpkit::loader {

// What `kdumpkit load` was asked for.
struct LoadOptions {
    std::string kernel, initrd, dtb, syscall = "auto", entry = "auto", root = "/";
    RebootWish wish;
    bool reboot = false, again = false, plan = false, json = false;

    [[nodiscard]] KexecPurpose purpose() const {
        return reboot ? KexecPurpose::reboot : KexecPurpose::capture;
    }
};

} // namespace kdumpkit::loader
